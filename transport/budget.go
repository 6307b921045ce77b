package transport

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How a budget looks after the connections that hold its memory.
const (
	lookEvery  = 250 * time.Millisecond
	slowAfter  = time.Second // a connection is slow that moves less than the part below of what it holds, for so long
	slowPart   = 16
	smallBytes = 64 << 10 // messages up to this size may use all of a budget,
	largePart  = 8        // larger ones all but this part
)

// A budget bounds the bytes that the messages of one role's connections keep in memory at one time. Who cannot have what it
// needs waits: small messages come first, then those of the address, and then of the connection, that would hold least.
//
// Nobody keeps others waiting by doing nothing: while somebody waits, connections that hold memory and are slow are cut. A
// connection is not slow while the server is at work for it, nor before it has been watched for slowAfter; the budget watches
// all of them while less than half of it is free.
type budget struct {
	size int64

	mu       sync.Mutex
	free     int64 // negative if messages turned out larger than was thought
	accounts map[*account]struct{}
	hosts    map[string]*tally
	waiting  []*waiter // the first to come first
	watching bool
	cuts     uint64
}

// An account tells what one connection holds of a budget.
type account struct {
	budget *budget
	host   *tally
	holder holder
	bytes  int64        // guarded by the budget's lock
	atWork atomic.Int64 // those of bytes that the connection can do nothing about: the server is at work

	since time.Time // when it last was not slow, while it is watched; guarded by the budget's lock
	moved uint64    // bytes, by then
	cut   bool      // because others waited
}

// A tally tells what the connections of one address hold.
type tally struct {
	connections int
	bytes       int64
}

// A holder is a connection, as far as a budget must know it.
type holder interface {
	host() string
	moved() uint64 // bytes that the connection has moved so far in both directions, as the kernel counts them
	cut()          // ends the connection because others wait; does not wait
}

// A holding is the memory of one message. Of the zero value nothing is held.
type holding struct {
	of     *account
	bytes  int64
	atWork bool
}

type waiter struct {
	*holding
	granted chan struct{}
}

func newBudget(size int64) *budget {
	return &budget{size: size, free: size, accounts: map[*account]struct{}{}, hosts: map[string]*tally{}}
}

// open makes an account for a connection, which close must end when nothing is held any more.
func (b *budget) open(x holder) *account {
	b.mu.Lock()
	defer b.mu.Unlock()
	host := b.hosts[x.host()]
	if host == nil {
		host = &tally{}
		b.hosts[x.host()] = host
	}
	host.connections++
	a := &account{budget: b, host: host, holder: x}
	b.accounts[a] = struct{}{}
	return a
}

func (a *account) close() {
	a.budget.mu.Lock()
	defer a.budget.mu.Unlock()
	delete(a.budget.accounts, a)
	if a.host.connections--; a.host.connections == 0 {
		delete(a.budget.hosts, a.holder.host())
	}
}

// try takes so much for h, if that is there and nobody waits.
func (a *account) try(h *holding, bytes int64) bool {
	b := a.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 || !b.fits(bytes) {
		return false
	}
	h.of, h.bytes = a, bytes
	b.take(h)
	return true
}

// take takes so much for h and waits for it. A connection must not wait twice at a time.
func (a *account) take(ctx context.Context, h *holding, bytes int64) error {
	if a.try(h, bytes) {
		return nil
	}
	b := a.budget
	h.of, h.bytes = a, bytes
	w := &waiter{h, make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	b.grant() // it may be small, and come before those who wait
	b.watch()
	b.mu.Unlock()
	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
		b.giveUp(w)
		return ctx.Err()
	}
}

func (b *budget) giveUp(w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	} else {
		b.give(w.holding)
	}
	w.of = nil
}

// state is how many bytes are in memory, and how many connections were cut so far.
func (b *budget) state() (bytes int64, cuts uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size - b.free, b.cuts
}

// work notes whether the server is at work on the message. One goroutine at a time may call it.
func (h *holding) work(on bool) {
	switch {
	case on && !h.atWork:
		h.of.atWork.Add(h.bytes)
	case !on && h.atWork:
		h.of.atWork.Add(-h.bytes)
	}
	h.atWork = on
}

// correct makes the holding as large as the message turns out to be, without a wait, and ends the work on it.
func (h *holding) correct(bytes int64) {
	h.work(false)
	b := h.of.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(h, bytes-h.bytes)
	h.bytes = bytes
	b.grant()
	b.watch()
}

// release gives the memory back, if any is held.
func (h *holding) release() {
	if h.of == nil {
		return
	}
	h.work(false)
	h.of.budget.mu.Lock()
	defer h.of.budget.mu.Unlock()
	h.of.budget.give(h)
}

// The caller of these holds the lock.

func (b *budget) fits(bytes int64) bool {
	if bytes > smallBytes {
		return bytes <= b.free-b.size/largePart
	}
	return bytes <= b.free
}

func (b *budget) add(h *holding, bytes int64) {
	b.free -= bytes
	h.of.bytes += bytes
	h.of.host.bytes += bytes
}

func (b *budget) take(h *holding) {
	b.add(h, h.bytes)
	b.watch()
}

func (b *budget) give(h *holding) {
	b.add(h, -h.bytes)
	b.grant()
}

// grant hands what is free to those who wait.
func (b *budget) grant() {
	for len(b.waiting) > 0 {
		next := slices.MinFunc(b.waiting, inTurn)
		if !b.fits(next.bytes) {
			return
		}
		i := slices.Index(b.waiting, next)
		b.waiting = slices.Delete(b.waiting, i, i+1)
		b.take(next.holding)
		close(next.granted)
	}
}

// inTurn compares who of two comes first.
func inTurn(v, w *waiter) int {
	return cmp.Or(
		cmp.Compare(v.bytes/(smallBytes+1), 0)-cmp.Compare(w.bytes/(smallBytes+1), 0), // whether it is large
		cmp.Compare(v.of.host.bytes+v.bytes, w.of.host.bytes+w.bytes),
		cmp.Compare(v.of.bytes+v.bytes, w.of.bytes+w.bytes),
	)
}
