package transport

import (
	"bytes"
	"runtime"
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

// A buffer comes back, whether or not the garbage was collected meanwhile, and spoilt, so that a holder who reads it
// after it was released finds nonsense.
func TestThePoolKeepsAndSpoilsBuffers(t *testing.T) {
	p := pool{bound: 1 << 20}
	b := fill(p.take(100<<10), 1)
	p.give(b)
	runtime.GC()
	runtime.GC()
	again := p.take(128 << 10)
	if &again[0] != &b[0] {
		t.Error("the buffer did not come back")
	}
	if n := bytes.Count(again, []byte{0xDB}); n != len(again) {
		t.Errorf("%d of %d bytes are spoilt", n, len(again))
	}
}

// The pool keeps no more than its bound, and no class keeps out another.
func TestThePoolIsBounded(t *testing.T) {
	p := pool{bound: 1 << 20}
	giveAll := func(n, size int) {
		var all [][]byte
		for range n {
			all = append(all, p.take(size))
		}
		for _, b := range all {
			p.give(b)
			if p.idle > p.bound {
				t.Fatalf("%d bytes are idle, the bound is %d", p.idle, p.bound)
			}
		}
	}
	giveAll(1000, 4<<10)
	giveAll(4, 64<<10)
	if n := len(p.free[class(64<<10)]); n != 4 {
		t.Errorf("of 4 buffers of another class %d are kept", n)
	}
	idle := 0
	for c, free := range p.free {
		idle += len(free) << c
	}
	if idle != p.idle {
		t.Errorf("%d bytes are idle, %d are counted", idle, p.idle)
	}
	giveAll(1, 4<<20)
}

func TestMain(m *testing.M) {
	poison = true
	m.Run()
}
