package protocols

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
)

// A Kind tells a protocol's message bodies apart. Numbers are private to a protocol.
type Kind uint8

// A Body is the small part of a message, encoded with msgpack. Bodies are structs, encoded as arrays of their fields,
// passed as pointers, and never changed after they were sent.
type Body interface {
	Kind() Kind
}

// A Message is one request or reply: a small body and, beside it, the bulk data that never passes through the codec.
// The zero Message means "nothing is sent".
type Message struct {
	Body    Body
	Payload []byte
}

// A Broadcast is one round's requests, by server index. A zero Message leaves that server out.
type Broadcast []Message

// ToAll is the broadcast of the same message to n servers.
func ToAll(n int, m Message) Broadcast {
	b := make(Broadcast, n)
	for i := range b {
		b[i] = m
	}
	return b
}

// ToOne is the part of the broadcast that goes to the server.
func ToOne(b Broadcast, server int) Broadcast {
	one := make(Broadcast, len(b))
	one[server] = b[server]
	return one
}

// A Step is how an operation reacts to a reply: it waits for more, asks more servers, begins the next round, or has
// ended.
type Step struct {
	Next Broadcast // the next round's requests, if a round begins
	More Broadcast // else further requests of this round; those to servers that were asked in it are left out
	Done bool      // the operation has ended and Result may be called
}

// Wait is the step of an operation that needs more replies.
func Wait() Step { return Step{} }

// Begin is the step that starts the next round.
func Begin(b Broadcast) Step { return Step{Next: b} }

// Widen is the step that asks more servers in the current round.
func Widen(b Broadcast) Step { return Step{More: b} }

// Done is the last step of an operation.
func Done() Step { return Step{Done: true} }

// ErrStarved ends a READ to which WRITEs have left no round to end in, of a protocol that Starves. It may be begun again.
var ErrStarved = errors.New("WRITEs left a READ no round to end in: read again")

// An Operation is one READ or WRITE in progress: a sequence of rounds, numbered from 1, at most MaxRounds.
//
// Its driver delivers at most one reply per (server, round), unless the round is Streamed, also replies that come late
// for an earlier round; sends again what may have been lost; and calls its methods from one goroutine at a time. The operation drops any reply
// that a correct server would not send.
type Operation interface {
	// Start returns the first round's requests. Nil means that the operation cannot begin; Result says why.
	Start() Broadcast
	// Answer takes the reply of a server to a round. It is not called again after a step that is Done.
	Answer(round, server int, reply Message) Step
	// Result returns what the operation came to, once it is done.
	Result() (Result, error)
}

// Hedged is implemented, besides Operation, by operations that may begin a round at a few servers only, which need not
// answer. The driver calls Overdue once for a round that takes too long, and decides how long that is: the operation is
// safe in any case, and ends if every round that does not end is overdue at some time.
type Hedged interface {
	// Overdue says that the round, the current one, is late.
	Overdue(round int) Step
}

// A Result is the result of a completed operation.
type Result struct {
	// Value is a READ's value; it lives in the operation's memory. It is nil for a WRITE and for ⊥.
	Value []byte
	// Bottom is true for a READ that found the initial value ⊥, which differs from an empty value.
	Bottom bool
	// Timestamp is the timestamp of the value read or written; zero for ⊥.
	Timestamp Timestamp
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

// Failed is an operation that ends with err before it sends anything.
func Failed(err error) Operation { return failed{err} }

type failed struct{ err error }

func (f failed) Start() Broadcast              { return nil }
func (f failed) Answer(int, int, Message) Step { return Done() }
func (f failed) Result() (Result, error)       { return Result{}, f.err }

// A Phase is the round that an operation is in, for operations that ask all servers alike and wait for a quorum. They
// embed it.
type Phase struct {
	Noted
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

// Count counts the servers for which something holds, by index.
func Count(holds []bool) (n int) {
	for _, h := range holds {
		if h {
			n++
		}
	}
	return n
}

// Spread picks one of n, in [0, n), by the key and the client's process id: always the same for one client and key, and
// each equally often over many. Operations pick by it the servers that they ask first.
func Spread(key Key, pid uint64, n int) int {
	h := fnv.New64a()
	h.Write([]byte(key))
	return rand.New(rand.NewPCG(h.Sum64(), pid)).IntN(n)
}
