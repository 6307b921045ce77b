package transport

import (
	"math"
	"math/bits"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/powbench/powbench/protocols"
)

// An arena is the memory of one operation or request, and the one owner of its buffers: they go back to the pool
// together, and what it has borrowed to its owners, when its last holder has released it. Its maker is the first holder.
type arena struct {
	holders atomic.Int32

	mu      sync.Mutex
	buffers [][]byte
	room    [4][]byte // for the first buffers, to save an allocation
	loans   []protocols.Loan
}

func (a *arena) init() {
	a.holders.Store(1)
	a.buffers = a.room[:0]
}

func (a *arena) hold() { a.holders.Add(1) }

// release gives up one hold. After the last, the arena's buffers belong to others.
func (a *arena) release() {
	if a.holders.Add(-1) > 0 {
		return
	}
	for _, b := range a.buffers {
		buffers.give(b)
	}
	for _, l := range a.loans {
		l.Release()
	}
	a.buffers, a.room, a.loans = nil, [len(a.room)][]byte{}, nil
}

// Bytes implements protocols.Memory. It is safe for concurrent use.
func (a *arena) Bytes(n int) []byte {
	b := buffers.take(n)
	if b == nil {
		return make([]byte, n)
	}
	a.mu.Lock()
	a.buffers = append(a.buffers, b)
	a.mu.Unlock()
	return b[:n:n]
}

// Borrow implements protocols.Borrower. It is safe for concurrent use.
func (a *arena) Borrow(l protocols.Loan) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loans = append(a.loans, l)
}

// Buffers are pooled in classes of 2^minClass … 2^maxClass bytes. For smaller ones the heap is as good, and no frame is
// larger.
const (
	minClass = 12
	maxClass = 25
)

// mostIdle bounds the bytes that a process keeps of buffers that are not in use, if its heap has no limit. If it has, it
// keeps half of the limit: as much as many operations at once take and give back.
const mostIdle = 64 << 20

// buffers is the process's pool.
var buffers = pool{bound: mostIdle}

// fit sets the bound by the limit of the process's heap.
func (p *pool) fit() {
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bound = int(limit / 2)
	}
}

// A pool keeps buffers by class. Unlike a sync.Pool it keeps them when the garbage is collected; else most operations
// would allocate, and clear, what another has just given back. Beyond its bound it drops buffers of the class of which
// most bytes are idle, so that sizes that are no longer asked for, or that a hostile client made, do not keep out others.
type pool struct {
	bound int

	mu   sync.Mutex
	free [maxClass + 1][][]byte
	idle int // bytes in free
}

// take returns a buffer of at least n bytes whose content is undefined, or nil if that is no size to pool.
func (p *pool) take(n int) []byte {
	c := class(n)
	if c < minClass || c > maxClass {
		return nil
	}
	p.mu.Lock()
	if len(p.free[c]) > 0 {
		defer p.mu.Unlock()
		return p.pop(c)
	}
	p.mu.Unlock()
	return make([]byte, 1<<c) // takes long
}

// pop removes a buffer of the class, of which there is one. The caller holds the lock.
func (p *pool) pop(c int) []byte {
	last := len(p.free[c]) - 1
	b := p.free[c][last]
	p.free[c][last] = nil
	p.free[c] = p.free[c][:last]
	p.idle -= len(b)
	return b
}

// give takes back what take has returned.
func (p *pool) give(b []byte) {
	if poison {
		spoil(b)
	}
	c := class(len(b))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[c] = append(p.free[c], b)
	p.idle += len(b)
	for p.idle > p.bound {
		p.pop(p.idlest())
	}
}

// idlest is the class of which most bytes are idle. The caller holds the lock.
func (p *pool) idlest() (most int) {
	for c, free := range p.free {
		if len(free)<<c > len(p.free[most])<<most {
			most = c
		}
	}
	return most
}

// spoil overwrites a buffer that nobody may use any more, so that tests notice who does.
func spoil(b []byte) {
	b[0] = 0xDB
	for n := 1; n < len(b); n *= 2 { // much faster than byte by byte under the race detector
		copy(b[n:], b[:n])
	}
}

// room is the memory in bytes of a buffer for n.
func room(n int) int64 {
	if c := class(n); c >= minClass && c <= maxClass {
		return 1 << c
	}
	return int64(n)
}

// class is the binary logarithm of n, rounded up; 0 for n ≤ 1.
func class(n int) int { return bits.Len(uint(max(n, 1) - 1)) }
