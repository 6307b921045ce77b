package protocols

import (
	"errors"
	"math"
)

// A Phase is the round that an operation is in, for operations that ask all servers alike and wait for a quorum. They
// embed it.
type Phase struct {
	Round int // from 1

	servers, quorum int
	replies         int // to this round
}

// NewPhase is the phase before the first round.
func (t Traits) NewPhase() Phase { return Phase{servers: t.Servers, quorum: t.Quorum} }

// Begin begins the next round, with the same request to all servers.
func (p *Phase) Begin(m Message) Step { return p.Send(ToAll(p.servers, m)) }

// Send begins the next round with the requests.
func (p *Phase) Send(b Broadcast) Step {
	p.Round, p.replies = p.Round+1, 0
	return Begin(b)
}

// Quorum counts a reply to this round, and reports whether a quorum has replied.
func (p *Phase) Quorum() bool {
	p.replies++
	return p.replies >= p.quorum
}

// Acknowledged counts a reply to the last round, which ends the operation when a quorum has replied.
func (p *Phase) Acknowledged() Step { return Step{Done: p.Quorum()} }

// ErrExhausted ends a WRITE that learned the highest timestamp there can be.
var ErrExhausted = errors.New("a server reported the highest timestamp there is, and no WRITE can follow it")

// A Clock is the highest timestamp that a client gave to a value of one key. A WRITE that did not end may have left its
// timestamp at servers that the next one does not hear from; to reuse it would give two values the same one.
type Clock struct{ Timestamp }

// Clocks are a client's, by key.
type Clocks map[Key]*Clock

// Of is the key's clock.
func (c Clocks) Of(key Key) *Clock {
	if c[key] == nil {
		c[key] = new(Clock)
	}
	return c[key]
}

// Issue returns the writer's timestamp after ts and after all that it issued before.
func (c *Clock) Issue(ts Timestamp, pid uint64) (Timestamp, error) {
	if ts.Less(c.Timestamp) {
		ts = c.Timestamp
	}
	if ts.Num == math.MaxUint64 {
		return ts, ErrExhausted
	}
	c.Timestamp = ts.Next(pid)
	return c.Timestamp, nil
}

// Found is the result of a READ that found the value under the timestamp: ⊥ under ts0.
func Found(ts Timestamp, value []byte) Result {
	if ts.IsZero() {
		return Result{Bottom: true}
	}
	if value == nil {
		value = []byte{} // empty, which is not ⊥
	}
	return Result{Value: value, Timestamp: ts}
}
