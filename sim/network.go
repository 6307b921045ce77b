package sim

import (
	"container/heap"
	"errors"
	"math/bits"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/wire"
)

// The shares of messages, in percent.
const (
	duplicateShare = 25 // where the attack asks for them; else a fifth of it
	resetShare     = 20 // where the attack asks for them
	detourShare    = 40 // of rounds in which more than t servers may be far away
	dropShare      = 10 // of the requests that had not left when their operation ended
)

// flight is a message under way.
type flight struct {
	run    *run
	server int
	round  int
	way    way
	copies int // of it that were sent before
	protocols.Message
}

// way is the direction of a message.
type way int

const (
	request way = iota
	reply
)

// choice names a choice about the message.
func (f flight) choice(w what) Choice {
	return chooseIn(w, f.run.index, f.run.seq, f.round, f.server, f.copies<<1|int(f.way))
}

// setFar decides which servers are far away in the round that begins: as a rule few enough to leave a quorum near, but
// now and then so many that other operations meet this one half done. Either their requests are late or their replies.
func (r *run) setFar() {
	c := chooseIn(detour, r.index, r.seq, r.driver.Round(), 0, 0)
	most := r.T
	if r.Chance(c, detourShare) {
		most = len(r.hosts) - 1
	}
	r.far = make([][2]int64, len(r.hosts))
	for _, i := range r.Order(c|1<<moreBit, len(r.hosts))[:r.Choose(c.part(8), most+1)] {
		r.far[i][r.Choose(c.each(i), 2)] = 32 << r.Choose(c.each(i).part(8), 7)
	}
}

// send puts a message into flight, and perhaps a copy of it.
func (w *world) send(f flight) {
	w.fly(f)
	share := duplicateShare
	if !w.Attack.Unruly {
		share /= 5
	}
	if f.copies < 2 && w.Chance(f.choice(duplicate), share) {
		f.copies++
		w.fly(f)
	}
}

// fly plans the message's arrival. Most take a few ticks, some many times as long.
func (w *world) fly(f flight) {
	c := f.choice(delay)
	late := bits.TrailingZeros(uint(w.Choose(c.part(8), 32)) | 32)
	if w.Attack.Unruly {
		late *= 2
	}
	at := w.now + 1 + int64(w.Choose(c, 8))<<late + f.run.far[f.server][f.way]
	w.plan(w.healed(f.server, at), func() { w.arrive(f) })
}

// arrive hands a message over.
func (w *world) arrive(f flight) {
	w.outcome.Messages++
	m, ok := w.transmit(f.Message)
	if !ok {
		w.tracef("%s is malformed, dropped", f)
		return
	}
	f.Message = m
	switch r := f.run; {
	case f.way == reply:
		w.tracef("%s", f)
		if !r.over {
			r.do(r.driver.Answer(f.round, f.server, f.Message))
		}
	case r.over && (w.Attack.Lost || f.round == r.driver.Round()) && w.Chance(f.choice(drop), dropShare):
		w.tracef("%s is dropped, the operation has ended", f)
	default:
		w.serve(f)
	}
}

// serve lets a server answer a request. Where it is down, the client connects again and resends once it is up; where
// the connection breaks before the reply has left, it does so too.
func (w *world) serve(f flight) {
	h := w.hosts[f.server]
	if h.down {
		if h.back != never {
			w.plan(h.back+1, func() { w.arrive(f) })
		}
		return
	}
	w.tickets = append(w.tickets, f)
	ticket := protocols.Ticket{Client: f.run.pid, Request: uint64(len(w.tickets))}
	effects, err := h.take(protocols.Incoming{Key: f.run.key, Message: f.Message, Role: f.run.role, Ticket: ticket})
	switch {
	case errors.Is(err, protocols.ErrRefused): // the sender is to blame
		w.tracef("%s: %v", f, err)
		if h.correct && !f.run.hostile {
			w.find(byzantine.Failure, "s%d refused what a correct client sent: %s: %v", f.server+1, f, err)
		}
		return
	case err != nil:
		w.find(byzantine.Failure, "s%d: %v", f.server+1, err)
		return
	}
	w.tracef("%s", f)
	w.spread(h, f.run.key, effects)
	if w.Attack.Resets && f.copies < 8 && w.Chance(f.choice(reset), resetShare) {
		f.copies++
		w.tracef("s%d's connection to p%d breaks", f.server+1, f.run.pid)
		w.fly(f)
		return
	}
	answer := effects.Reply
	if f.Message, f.way = answer, reply; answer.Body != nil || answer.Payload != nil {
		w.send(f)
	}
}

// transmit is the message as the other side sees it. A body that is not the protocol's, and all of them where the
// schedule is wired, goes through the codec; what cannot be decoded is lost, as the transport has it.
func (w *world) transmit(m protocols.Message) (protocols.Message, bool) {
	_, odd := m.Body.(*byzantine.Malformed)
	if m.Body == nil || !odd && !w.wired {
		return m, true
	}
	body := w.Protocol.NewBody(m.Body.Kind())
	if body == nil {
		return m, false
	}
	data, err := wire.Marshal(nil, m.Body)
	if err != nil {
		panic(err) // bodies are encodable: a programming error that every schedule shows
	}
	if wire.Unmarshal(data, body) != nil {
		return m, false
	}
	return protocols.Message{Body: body, Payload: m.Payload}, true
}

// An event happens at an instant of virtual time.
type event struct {
	at int64
	n  int64 // events of one instant happen in the order in which they were planned
	do func()
}

// queue is the events to come, the next one first.
type queue struct {
	events  eventHeap
	planned int64
}

// plan adds an event.
func (q *queue) plan(at int64, do func()) {
	q.planned++
	heap.Push(&q.events, event{at, q.planned, do})
}

// next takes the next event, of which there must be one.
func (q *queue) next() event { return heap.Pop(&q.events).(event) }

// eventHeap implements heap.Interface.
type eventHeap []event

func (h eventHeap) Len() int      { return len(h) }
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(e any)   { *h = append(*h, e.(event)) }

func (h eventHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].n < h[j].n
}

func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = event{}
	*h = (*h)[:last]
	return e
}
