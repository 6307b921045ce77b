package storage

import (
	"fmt"
	"math/bits"
	"sync"
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

// slabs lends buffers for payloads from memory outside Go's heap: the collector neither counts nor scans it, so payloads
// of any number do not make it run, and the kernel hands it out in huge pages, at a small part of the cost of 4 KiB
// pages. A returned slab is lent again to a payload of about the same size. Memory goes back to the system on close.
//
// The zero value is empty. It is safe for concurrent use.
type slabs struct {
	mu     sync.Mutex
	chunks [][]byte         // all that is mapped
	rest   []byte           // of the last chunk, not yet cut into slabs
	free   map[int][][]byte // returned slabs by size
}

// take lends a buffer of n bytes, whose content is undefined and whose capacity is its slab's.
func (s *slabs) take(n int) ([]byte, error) {
	if n < minSlab {
		return make([]byte, n), nil
	}
	size := slabSize(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if free := s.free[size]; len(free) > 0 {
		s.free[size] = free[:len(free)-1]
		return free[len(free)-1][:n], nil
	}
	if len(s.rest) < size {
		if err := s.grow(max(size, chunkBytes)); err != nil {
			return nil, err
		}
	}
	slab := s.rest[:n:size]
	s.rest = s.rest[size:]
	return slab, nil
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

// alignment is how far into the chunk the first huge page begins.
func alignment(chunk []byte) int {
	return int(-uintptr(unsafe.Pointer(unsafe.SliceData(chunk))) % hugePage)
}

// give takes a buffer back, which nobody may use any more.
func (s *slabs) give(b []byte) {
	size := cap(b)
	if size < minSlab {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == nil {
		s.free = map[int][][]byte{}
	}
	s.free[size] = append(s.free[size], b[:size])
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
