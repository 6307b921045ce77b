package storage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// TestSlabSizes checks that a class has room, wastes at most a fifth, and is its own class.
func TestSlabSizes(t *testing.T) {
	for n := minSlab; n <= protocols.MaxValueBytes+64<<10; n += 1 + n/97 {
		size := slabSize(n)
		if size < n || float64(n) < 0.8*float64(size) {
			t.Errorf("%d bytes take %d", n, size)
		}
		if slabSize(size) != size {
			t.Errorf("the class of %d bytes is %d, not itself", size, slabSize(size))
		}
	}
	if got := slabSize(128 << 10); got != 128<<10 {
		t.Errorf("a power of two, 128 KiB, takes %d bytes", got)
	}
}

// TestSlabsDoNotOverlap takes and releases slabs of random sizes and expects each to keep what was written to it.
func TestSlabsDoNotOverlap(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewPCG(seed, 0))
	var s slabs
	var held []*slab
	for i := range 4000 {
		if len(held) > 0 && random.IntN(3) == 0 {
			at := random.IntN(len(held))
			b := held[at].bytes
			if want := bytes.Repeat(b[:1], len(b)); !bytes.Equal(b, want) {
				t.Fatalf("seed %d, step %d: somebody else wrote into a slab of %d bytes", seed, i, len(b))
			}
			held[at].Release()
			held[at] = held[len(held)-1]
			held = held[:len(held)-1]
			continue
		}
		n := 1 + random.IntN(300<<10)
		b, err := s.take(n)
		if err != nil || len(b.bytes) < n {
			t.Fatalf("%d bytes of %d: %v", len(b.bytes), n, err)
		}
		for j := range b.bytes {
			b.bytes[j] = byte(i)
		}
		held = append(held, b)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

// TestMemoryIsUsedAgain overwrites and deletes the records of a few keys many times over, with payloads of several sizes,
// and expects no more memory to be mapped than for what is there at one time.
func TestMemoryIsUsedAgain(t *testing.T) {
	s := mustOpen(t, Options{Durability: protocols.Volatile}, nil)
	defer s.Close()
	sizes := []int{100, 64 << 10, 128 << 10, 200 << 10}
	for i := range 3000 {
		key := protocols.Key(fmt.Sprint(i % 10))
		mustApply(t, s, key, protocols.Record{Name: "n", Payload: make([]byte, sizes[i%7%len(sizes)])})
		if i%11 == 0 {
			mustApply(t, s, key, protocols.Record{Name: "n", Delete: true})
		}
	}
	if chunks := len(s.engine.(*table).slabs.chunks); chunks > 1 {
		t.Errorf("%d chunks are mapped for 10 values of at most 200 KiB", chunks)
	}
}

// loans is memory that borrows.
type loans struct {
	protocols.Heap
	held []protocols.Loan
}

func (l *loans) Borrow(loan protocols.Loan) { l.held = append(l.held, loan) }

func (l *loans) release() {
	for _, loan := range l.held {
		loan.Release()
	}
}

// TestMemoryLends reads a payload into memory that borrows, replaces or deletes the record, and expects the payload to stay
// what it was until it is released, and its slab to serve others then.
func TestMemoryLends(t *testing.T) {
	const size = 128 << 10
	payload := func(b byte) []byte { return bytes.Repeat([]byte{b}, size) }
	for name, next := range map[string]protocols.Record{
		"replaced":        {Name: "n", Payload: payload(2)},
		"without payload": {Name: "n"},
		"small":           {Name: "n", Payload: []byte("small")},
		"deleted":         {Name: "n", Delete: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, Options{Durability: protocols.Volatile}, nil)
			defer s.Close()
			mustApply(t, s, "k", protocols.Record{Name: "n", Payload: payload(1)})
			reply := &loans{}
			_, lent, _, err := s.State("k", reply).Get("n")
			if err != nil || !bytes.Equal(lent, payload(1)) || len(reply.held) != 1 {
				t.Fatalf("got %d bytes in %d loans, %v", len(lent), len(reply.held), err)
			}
			mustApply(t, s, "k", next)
			mustApply(t, s, "other", protocols.Record{Name: "n", Payload: payload(3)})
			if !bytes.Equal(lent, payload(1)) {
				t.Error("a payload changed while it was lent")
			}
			reply.release()
			free := len(s.engine.(*table).slabs.free[size])
			if free != 1 {
				t.Errorf("%d slabs are free after the release, want the one that was lent", free)
			}
		})
	}
}

// TestReserve expects a store to cut its slabs from the memory that it has reserved, as long as it lasts.
func TestReserve(t *testing.T) {
	const size = 1 << 20
	s := mustOpen(t, Options{Durability: protocols.Volatile, Reserve: 3 * size}, nil)
	defer s.Close()
	slabs := &s.engine.(*table).slabs
	for i, want := range []int{1, 1, 1} {
		mustApply(t, s, protocols.Key(fmt.Sprint(i)), protocols.Record{Name: "n", Payload: make([]byte, size)})
		if len(slabs.chunks) != want {
			t.Errorf("%d chunks are mapped after %d MiB, want %d", len(slabs.chunks), i+1, want)
		}
	}
	for i := range 3 {
		mustApply(t, s, protocols.Key(fmt.Sprint("more", i)), protocols.Record{Name: "n", Payload: make([]byte, size)})
	}
	if len(slabs.chunks) != 2 {
		t.Errorf("%d chunks are mapped beyond the reserve, want one more", len(slabs.chunks))
	}
}

// TestMemoryLeavesNoFile expects a store in memory to touch no directory, and a second one to know nothing of the first.
func TestMemoryLeavesNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	for range 2 {
		s, err := Open(Options{Dir: dir, Durability: protocols.Volatile})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, found, err := s.State("k", protocols.Heap{}).Get("n"); found || err != nil {
			t.Errorf("a new store has a record (%v, %v)", found, err)
		}
		mustApply(t, s, "k", protocols.Record{Name: "n", Payload: make([]byte, 10_000)})
		if m := s.Metrics(); m != (Metrics{AppliedBytes: 10_000}) {
			t.Errorf("metrics %+v, want the bytes applied and nothing of a disk", m)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v, want no such directory", dir, err)
	}
}

// TestKeysAreIndependent writes and reads different keys at the same time.
func TestKeysAreIndependent(t *testing.T) {
	s := mustOpen(t, Options{Durability: protocols.Volatile}, nil)
	defer s.Close()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			key := protocols.Key(fmt.Sprint(w))
			for i := range 200 {
				want := bytes.Repeat([]byte{byte(w), byte(i)}, 5000+i)
				if err := s.Apply(key, []protocols.Record{{Name: fmt.Sprint(i % 3), Payload: want}}); err != nil {
					t.Error(err)
				}
				_, got, _, err := s.State(key, protocols.Heap{}).Get(fmt.Sprint(i % 3))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("writer %d, step %d: %d bytes, %v, not what was written", w, i, len(got), err)
				}
			}
		})
	}
	wg.Wait()
}
