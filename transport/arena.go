package transport

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Buffers are pooled in classes of 2^minClass … 2^maxClass bytes. Below, the heap is as good; above is no frame.
const (
	minClass = 12
	maxClass = 25
)

// pools hold *[]byte, since a slice would be allocated anew at each Put.
var pools [maxClass + 1]sync.Pool

// An arena is the memory of one operation or request: its buffers go back to their pools together, when the last of
// those who hold the arena has released it. Whoever makes an arena holds it.
type arena struct {
	holders atomic.Int32

	mu      sync.Mutex
	buffers []*[]byte
	room    [4]*[]byte // the first of buffers, to save an allocation
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
		pools[class(cap(*b))].Put(b)
	}
	a.buffers, a.room = nil, [len(a.room)]*[]byte{}
}

// Bytes implements protocols.Memory. It is safe for concurrent use.
func (a *arena) Bytes(n int) []byte {
	c := class(n)
	if c < minClass || c > maxClass {
		return make([]byte, n)
	}
	b, _ := pools[c].Get().(*[]byte)
	if b == nil {
		b = new(make([]byte, 1<<c))
	}
	a.mu.Lock()
	a.buffers = append(a.buffers, b)
	a.mu.Unlock()
	return (*b)[:n:n]
}

// class is the binary logarithm of n, rounded up; 0 for n ≤ 1.
func class(n int) int { return bits.Len(uint(max(n, 1) - 1)) }
