package transport

import (
	"cmp"
	"iter"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// Bounds of what an outbox keeps for exchanges that have ended. Beyond them it gives their requests up.
const (
	maxBacklogBytes = 32 << 20 // unsent, on a connection that is too slow
	maxEnded        = 1 << 14  // requests, at a server that does not reply
)

// MaxKeptBytes bounds the requests that a server keeps, without a reply, for another one.
const MaxKeptBytes = 128 << 20

// Bounds of what is written at once, so that requests queued behind it can still be given up.
const (
	maxBatchBytes    = 256 << 10
	maxBatchRequests = 64
)

// A request is one server's part of a broadcast. Its outbox's lock guards it.
type request struct {
	exchange *Exchange
	link     *link
	id       uint64
	round    int

	frame, payload []byte // frame is without the payload
	size           int    // of both, in bytes on the connection, kept when they are gone
	replies        chan<- Reply

	streamed bool // it may be answered more than once
	state    requestState
	answered bool // at least once, and streamed
	ended    bool // the exchange has ended
	owed     int  // bytes that were still to move then, of request and reply
	settled  bool // answered or given up: no longer in the outbox
	freed    bool // the hold on the exchange's memory is released
}

type requestState uint8

const (
	waiting requestState = iota // for a connection, or in its queue
	writing
	sent
)

// free releases the exchange's memory if r is not being written and never will be again.
func (r *request) free() {
	over := r.settled || r.ended && r.state == sent && !r.link.keeps
	if r.freed || !over || r.state == writing {
		return
	}
	r.freed = true
	r.frame, r.payload = nil, nil
	r.exchange.memory.release()
}

// An outbox holds a link's requests until they are answered or given up. With a connection, unsent requests are queued;
// without one, only those of running exchanges are kept, except for a server's to another one, which keeps all.
type outbox struct {
	keeps bool
	meter *meter
	moved *bell

	mu         sync.Mutex
	wake       sync.Cond // the writer waits here
	conn       net.Conn  // the current or last connection
	connection uint64    // its number
	connected  bool
	requests   map[uint64]*request
	queue      []*request
	backlog    int // bytes in queue
	ended      int // requests of ended exchanges
	overtaken  int // requests that were settled while they were written
	ceased     ceased
	arrears    arrears
}

func (o *outbox) init(m *meter, moved *bell) {
	o.meter, o.moved = m, moved
	o.arrears.awaited = -1
	o.wake.L = &o.mu
	o.requests = map[uint64]*request{}
}

// open begins a connection, on which all requests are sent again. It returns the connection's number.
func (o *outbox) open(conn net.Conn) uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.connection++
	o.conn, o.connected = conn, true
	byID := func(a, b *request) int { return cmp.Compare(a.id, b.id) }
	for _, r := range slices.SortedFunc(maps.Values(o.requests), byID) {
		r.state = waiting
		o.enqueue(r)
	}
	return o.connection
}

// cut ends the connection, if it is still the current one.
func (o *outbox) cut(connection uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.connected || o.connection != connection {
		return
	}
	o.connected = false
	o.queue, o.backlog = nil, 0
	if !o.keeps {
		o.discard(maps.Values(o.requests))
	}
	o.tell(false)
	o.wake.Broadcast()
}

// add takes a new request.
func (o *outbox) add(r *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests[r.id] = r
	if o.connected {
		o.enqueue(r)
	}
	switch {
	case o.keeps && o.arrears.bytes > MaxKeptBytes:
		o.discard(maps.Values(o.requests))
	case !o.keeps && o.backlog > maxBacklogBytes:
		o.discard(slices.Values(o.queue)) // of what is unsent
	}
}

func (o *outbox) enqueue(r *request) {
	o.queue = append(o.queue, r)
	o.backlog += r.size
	o.wake.Signal()
}

// take waits for queued requests, marks some as being written and appends them to batch. It returns none after cut.
func (o *outbox) take(connection uint64, batch []*request) []*request {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.current(connection) && len(o.queue) == 0 {
		o.wake.Wait()
	}
	if !o.current(connection) {
		return batch
	}
	size := 0
	for len(o.queue) > 0 && len(batch) < maxBatchRequests && size < maxBatchBytes {
		r := o.queue[0]
		o.queue[0] = nil
		o.queue = o.queue[1:]
		r.state = writing
		size += r.size
		batch = append(batch, r)
	}
	o.backlog -= size
	return batch
}

func (o *outbox) current(connection uint64) bool { return o.connected && o.connection == connection }

// written notes that the batch is no longer being written, and has been counted if it was sent.
func (o *outbox) written(batch []*request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range batch {
		if r.settled {
			o.overtaken--
			o.tell(false)
		}
		r.state = sent
		r.free()
	}
}

// tell rings the bell if somebody awaits what has changed, or if the link owes nothing now.
func (o *outbox) tell(awaited bool) {
	if awaited || o.ended+o.overtaken == 0 || !o.connected {
		o.moved.ring()
	}
}

// find returns the request that a reply with the id answers, or nil, and the channel for the reply, or nil if its
// exchange has ended. If it has not, its memory is held for the reply.
func (o *outbox) find(id uint64) (*request, chan<- Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.requests[id]
	if r == nil || r.state == waiting {
		return nil, nil
	}
	if !r.ended && r.replies != nil {
		r.exchange.memory.hold()
	}
	return r, r.replies
}

// settle notes that r is answered.
func (o *outbox) settle(r *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.arrears.alive = time.Now()
	if r.streamed && !r.ended {
		r.answered = true
		return
	}
	o.remove(r)
}

// end notes that r's exchange has ended, and that so many bytes are still to move for it.
func (o *outbox) end(r *request, owed int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.settled {
		return
	}
	if r.answered {
		o.remove(r)
		return
	}
	r.ended, r.owed, r.replies = true, owed, nil
	o.ended++
	o.arrears.add(owed)
	r.free()
	switch {
	case !o.connected && !o.keeps:
		o.giveUp(r)
	case o.ended > maxEnded:
		o.discard(maps.Values(o.requests))
	}
}

// owed counts the requests of ended exchanges that are queued or unanswered on the connection, or were answered before
// the writer could count them.
func (o *outbox) owed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.connected { // then what is kept is on no connection
		return o.overtaken
	}
	return o.ended + o.overtaken
}

// discard gives up some requests, those of ended exchanges, and removes them from the queue.
func (o *outbox) discard(some iter.Seq[*request]) {
	for r := range some {
		if r.ended {
			o.giveUp(r)
		}
	}
	o.queue = slices.DeleteFunc(o.queue, func(r *request) bool { return r.settled })
	o.backlog = 0
	for _, r := range o.queue {
		o.backlog += r.size
	}
}

// close gives up everything. The connection must be cut.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.requests {
		o.giveUp(r)
	}
}

func (o *outbox) giveUp(r *request) {
	o.meter.discarded.Add(1)
	o.remove(r)
}

func (o *outbox) remove(r *request) {
	if r.settled {
		return
	}
	r.settled, r.replies = true, nil
	if r.state == writing {
		o.overtaken++
	}
	delete(o.requests, r.id)
	if r.streamed {
		o.ceased.add(r.id)
	}
	if r.ended {
		o.ended--
		o.tell(o.arrears.settle(r.owed))
	}
	r.free()
}
