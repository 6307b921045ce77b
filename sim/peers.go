package sim

import (
	"errors"
	"math/bits"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
)

// dispatch is a message under way from one server to another.
type dispatch struct {
	from, to *host
	key      protocols.Key
	protocols.Message
}

// spread sends what a server has to say besides its reply: answers to requests that came earlier, and messages to others.
func (w *world) spread(h *host, key protocols.Key, e protocols.Effects) {
	for _, letter := range e.Later {
		if n := letter.To.Request; n >= 1 && n <= uint64(len(w.tickets)) { // else a liar made it up
			f := w.tickets[n-1]
			f.Message, f.way = letter.Message, reply
			w.send(f)
		}
	}
	for to, m := range e.Peers {
		if to != h.index && (m.Body != nil || m.Payload != nil) {
			w.dispatch(dispatch{from: h, to: w.hosts[to], key: key, Message: m})
		}
	}
}

// dispatch plans when the message arrives, and whether it does so twice.
func (w *world) dispatch(d dispatch) {
	c := choose(between, d.to.index, d.from.index+maxServers*d.from.sent[d.to.index])
	d.from.sent[d.to.index]++
	late := bits.TrailingZeros(uint(w.Choose(c.part(8), 32)) | 32)
	if w.Attack.Unruly {
		late *= 2
	}
	at := w.now + 1 + int64(w.Choose(c, 8))<<late
	for range w.partitions { // one end may be cut off when the other is back
		at = w.healed(d.to.index, w.healed(d.from.index, at))
	}
	w.plan(at, func() { w.reach(d) })
	if w.Choose(c.part(24), 100) >= 100-duplicateShare/5 {
		w.plan(at+1+int64(w.Choose(c.part(32), 64)), func() { w.reach(d) })
	}
}

// reach hands a message to the server that it is for, once that is up.
func (w *world) reach(d dispatch) {
	w.outcome.Messages++
	if h := d.to; h.down {
		if h.back != never {
			w.plan(h.back+1, func() { w.reach(d) })
		}
		return
	}
	m, ok := w.transmit(d.Message)
	if !ok {
		w.tracef("s%d → s%d: malformed, dropped", d.from.index+1, d.to.index+1)
		return
	}
	effects, err := d.to.take(protocols.Incoming{Key: d.key, Message: m, Server: d.from.index})
	w.tracef("s%d → s%d %s+%dB", d.from.index+1, d.to.index+1, Describe(m.Body), len(m.Payload))
	switch {
	case errors.Is(err, protocols.ErrRefused):
		w.tracef("s%d: %v", d.to.index+1, err)
		if d.from.correct && d.to.correct {
			w.find(byzantine.Failure, "s%d refused what s%d, which is correct, sent: %v", d.to.index+1, d.from.index+1, err)
		}
	case err != nil:
		w.find(byzantine.Failure, "s%d: %v", d.to.index+1, err)
	default:
		w.spread(d.to, d.key, effects)
	}
}
