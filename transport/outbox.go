package transport

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Bounds of what an outbox keeps of exchanges that have ended. Beyond them it gives their requests up.
const (
	maxBacklogBytes = 32 << 20 // unsent, on a connection that is too slow
	maxEnded        = 1 << 14  // requests, at a server that does not reply
)

// Bounds of what is written at once, so that what is queued behind it may still be given up.
const (
	maxBatchBytes    = 256 << 10
	maxBatchRequests = 64
)

// A request is one server's part of a broadcast. Its outbox guards it.
type request struct {
	exchange *Exchange
	link     *link
	id       uint64
	round    int

	frame, payload []byte // frame is all of the frame but the payload
	size           int    // of both, in bytes, also when they are gone
	replies        chan<- Reply

	state   requestState
	ended   bool // the exchange has ended
	settled bool // answered or given up: no longer in the outbox
	freed   bool // the hold on the exchange's memory is released
}

type requestState uint8

const (
	waiting requestState = iota // for a connection, or in its queue
	writing
	sent
)

// free releases the exchange's memory as soon as r is not written and will not be again.
func (r *request) free() {
	over := r.settled || r.ended && r.state == sent
	if r.freed || !over || r.state == writing {
		return
	}
	r.freed = true
	r.frame, r.payload = nil, nil
	r.exchange.memory.release()
}

// An outbox holds a link's requests until they are answered or given up. While the link has a connection, those not yet
// sent are queued; while it has none, only those of running exchanges are kept.
type outbox struct {
	meter *meter

	mu         sync.Mutex
	wake       sync.Cond // the writer waits here
	connection uint64    // the number of the current or last connection
	connected  bool
	requests   map[uint64]*request
	queue      []*request
	backlog    int // bytes in queue
	ended      int // requests of ended exchanges
	overtaken  int // requests that were settled while they were written
	arrears    arrears
}

func (o *outbox) init(m *meter) {
	o.meter = m
	o.wake.L = &o.mu
	o.requests = map[uint64]*request{}
}

// open begins a connection, on which all requests are sent again. It returns the connection's number.
func (o *outbox) open() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.connection++
	o.connected = true
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
	o.discard()
	o.wake.Broadcast()
}

// add takes a new request.
func (o *outbox) add(r *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests[r.id] = r
	if !o.connected {
		return
	}
	o.enqueue(r)
	if o.backlog > maxBacklogBytes {
		o.discardUnsent()
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

// written says that the batch is no longer being written, and counted as sent if it was.
func (o *outbox) written(batch []*request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range batch {
		if r.settled {
			o.overtaken--
		}
		r.state = sent
		r.free()
	}
}

// find returns the request that a reply with the id answers, or nil, and where the reply goes, or nil if nobody waits
// for it any more. If somebody does, the exchange's memory is held for the reply.
func (o *outbox) find(id uint64) (*request, chan<- Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.requests[id]
	if r == nil || r.state == waiting {
		return nil, nil
	}
	if !r.ended {
		r.exchange.memory.hold()
	}
	return r, r.replies
}

// settle says that r is answered.
func (o *outbox) settle(r *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.arrears.alive = time.Now()
	o.remove(r)
}

// end says that r's exchange has ended.
func (o *outbox) end(r *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.settled {
		return
	}
	r.ended, r.replies = true, nil
	o.ended++
	o.arrears.add(r.size)
	r.free()
	switch {
	case !o.connected:
		o.giveUp(r)
	case o.ended > maxEnded:
		o.discard()
	}
}

// owed is how many requests of ended exchanges are queued or unanswered on the connection, or were answered before the
// writer could count them.
func (o *outbox) owed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended + o.overtaken
}

// discard gives up all requests of ended exchanges.
func (o *outbox) discard() {
	for _, r := range o.requests {
		if r.ended {
			o.giveUp(r)
		}
	}
	o.clean()
}

// discardUnsent gives up the queued requests of ended exchanges.
func (o *outbox) discardUnsent() {
	for _, r := range o.queue {
		if r.ended {
			o.giveUp(r)
		}
	}
	o.clean()
}

// clean removes from the queue what was given up.
func (o *outbox) clean() {
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
	if r.ended {
		o.ended--
		o.arrears.bytes -= r.size
	}
	r.free()
}
