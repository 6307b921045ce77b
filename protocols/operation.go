package protocols

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

// ToOne is of the broadcast only what goes to the server.
func ToOne(b Broadcast, server int) Broadcast {
	one := make(Broadcast, len(b))
	one[server] = b[server]
	return one
}

// A Step is an operation's reaction to a reply: it waits for more, asks more servers, begins the next round, or has
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

// An Operation is one READ or WRITE in progress: a sequence of rounds, numbered from 1, at most MaxRounds.
//
// Its driver delivers at most one reply per (server, round), also replies that come late for an earlier round; sends
// again what may have been lost; and calls its methods from one goroutine at a time. The operation drops any reply
// that a correct server would not send.
type Operation interface {
	// Start returns the first round's requests. Nil means that the operation cannot begin; Result says why.
	Start() Broadcast
	// Answer takes the reply of a server to a round. It is not called again after a step that is Done.
	Answer(round, server int, reply Message) Step
	// Result returns what the operation came to, once it is done.
	Result() (Result, error)
}

// Hedged is what an operation implements, besides Operation, if a round of its may begin at a few servers, which need
// not answer. The driver calls Overdue once for a round that takes longer than it should. When that is, is the driver's
// business: whatever it decides, the operation is safe; and it ends if every round that does not end is once overdue.
type Hedged interface {
	// Overdue takes it that the round, which is the current one, is late.
	Overdue(round int) Step
}

// A Result is what a completed operation returns.
type Result struct {
	// Value is what a READ returns; it lives in the operation's memory. It is nil for a WRITE and for ⊥.
	Value []byte
	// Bottom is true for a READ that found the initial value ⊥, which differs from an empty value.
	Bottom bool
	// Timestamp is the timestamp of the value read or written; zero for ⊥.
	Timestamp Timestamp
}
