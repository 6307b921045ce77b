package transport

import (
	"bytes"
	"sync"
	"testing"
)

func TestArenaBuffersHaveTheLengthAskedFor(t *testing.T) {
	var a arena
	a.init()
	defer a.release()
	for _, n := range []int{0, 1, 4095, 4096, 4097, 128 << 10, 1<<25 + 1} {
		if b := a.Bytes(n); len(b) != n || cap(b) != n {
			t.Errorf("Bytes(%d) has length %d and capacity %d", n, len(b), cap(b))
		}
	}
}

func TestArenaReleasesToThePoolsOnlyAfterTheLastHold(t *testing.T) {
	var a arena
	a.init()
	buffer := a.Bytes(8 << 10)
	a.hold()
	a.release()
	if len(a.buffers) != 1 {
		t.Fatal("released while held")
	}
	fill(buffer, 1)
	a.release()
	if a.buffers != nil || a.room[0] != nil {
		t.Fatal("a released arena still refers to its buffers")
	}
}

// Arenas that live at the same time never share a buffer.
func TestArenasDoNotShareBuffers(t *testing.T) {
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 200 {
				var a arena
				a.init()
				mark := byte(w*16 + i%16)
				var buffers [][]byte
				for range 6 { // more than fit the arena's own room
					buffers = append(buffers, fill(a.Bytes(5000), mark))
				}
				for _, b := range buffers {
					if bytes.Count(b, []byte{mark}) != len(b) {
						t.Errorf("worker %d, arena %d: somebody else wrote into a buffer", w, i)
					}
				}
				a.release()
			}
		})
	}
	workers.Wait()
}
