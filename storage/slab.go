package storage

import (
	"fmt"
	"math/bits"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of slabs. What is smaller than minSlab lies in Go's heap.
const (
	minSlab    = 4 << 10
	slabSteps  = 4 // classes from one power of two to the next, so that at most a fifth of a slab is unused
	chunkBytes = 32 << 20
	hugePage   = 2 << 20
)

// A slab is memory of one payload, which its holders share: the record, and replies that are on their way. Who is the only
// holder may write to it.
type slab struct {
	bytes   []byte // all of it: the length is the size of its class
	holders atomic.Int32
	owner   *slabs
}

// alone reports whether nobody but the caller holds the slab.
func (s *slab) alone() bool { return s.holders.Load() == 1 }

func (s *slab) hold() { s.holders.Add(1) }

// Release implements protocols.Loan. After the last holder's, the slab belongs to another payload.
func (s *slab) Release() {
	if s.holders.Add(-1) == 0 {
		s.owner.give(s)
	}
}

// slabs is memory for payloads outside Go's heap: the collector neither counts nor scans it, so payloads of any number do
// not make it run, and the kernel hands it out in huge pages, at a small part of the cost of 4 KiB pages. A slab that all
// have released serves the next payload of about the same size. Memory goes back to the system on close.
//
// The zero value is empty. It is safe for concurrent use.
type slabs struct {
	mu     sync.Mutex
	chunks [][]byte        // all that is mapped
	rest   []byte          // of the last chunk, not yet cut into slabs
	free   map[int][]*slab // released slabs by size
}

// take returns a slab of at least n bytes, whose content is undefined and whose only holder is the caller.
func (s *slabs) take(n int) (*slab, error) {
	size := slabSize(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if free := s.free[size]; len(free) > 0 {
		last := free[len(free)-1]
		s.free[size] = free[:len(free)-1]
		last.hold()
		return last, nil
	}
	if len(s.rest) < size {
		if err := s.grow(max(size, chunkBytes)); err != nil {
			return nil, err
		}
	}
	cut := &slab{bytes: s.rest[:size:size], owner: s}
	s.rest = s.rest[size:]
	cut.hold()
	return cut, nil
}

// grow maps another chunk. Its pages cost nothing until they are used. The chunk before has less left than one slab.
func (s *slabs) grow(size int) error {
	chunk, err := unix.Mmap(-1, 0, size+hugePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("no more memory from the system for payloads: %w", err)
	}
	_ = unix.Madvise(chunk, unix.MADV_HUGEPAGE) // advice: a kernel without huge pages gives small ones
	s.chunks = append(s.chunks, chunk)
	s.rest = chunk[alignment(chunk):]
	return nil
}

// reserve maps a chunk of so many bytes, before any other, and writes to every page: what the kernel, and the hypervisor
// below it, do for memory that is used for the first time is done then.
func (s *slabs) reserve(size int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.grow(size); err != nil {
		return err
	}
	for at, page := 0, os.Getpagesize(); at < size; at += page {
		s.rest[at] = 0
	}
	return nil
}

// alignment is how far into the chunk the first huge page begins.
func alignment(chunk []byte) int {
	return int(-uintptr(unsafe.Pointer(unsafe.SliceData(chunk))) % hugePage)
}

// give takes back a slab that nobody holds any more.
func (s *slabs) give(b *slab) {
	if poison {
		spoil(b.bytes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == nil {
		s.free = map[int][]*slab{}
	}
	s.free[len(b.bytes)] = append(s.free[len(b.bytes)], b)
}

// spoil overwrites memory that nobody may use any more, so that tests notice who does.
func spoil(b []byte) {
	b[0] = 0xDB
	for n := 1; n < len(b); n *= 2 { // much faster than byte by byte under the race detector
		copy(b[n:], b[:n])
	}
}

// close returns all memory to the system.
func (s *slabs) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.chunks) > 0 {
		if err := unix.Munmap(s.chunks[0]); err != nil {
			return err
		}
		s.chunks = s.chunks[1:]
	}
	s.rest, s.free = nil, nil
	return nil
}

// slabSize is the size of the smallest class that has room for n bytes, at least minSlab.
func slabSize(n int) int {
	step := max(1<<bits.Len(uint(n-1))>>1/slabSteps, minSlab/slabSteps)
	return (n + step - 1) / step * step
}
