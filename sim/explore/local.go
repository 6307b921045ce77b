package explore

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/workloads"
)

// local is the state of a client between two replies.
type local struct {
	from  *local // how the client came here for the first time; nil at the beginning
	heard input

	op      int // the operation in progress, from 0; one past the last when all have ended
	round   int
	quiet   fingerprint // of the operation without what the driver knows
	results []ending    // of the operations that ended
	hedged  bool        // the operation may be told that the round is overdue
	rounds  [][]byte    // by round and server: whether the server was asked, and has answered
	err     error       // the operation broke the rules

	fingerprint
	next map[input]move
	lies map[lied][]*message // that were found to be different
	live *live               // the objects in this state, if they are at hand
}

// What a client knows of a server in a round.
const (
	isAsked = iota + 1
	hasAnswered
)

// move is where a client goes, and what it sends on the way.
type move struct {
	to    *local
	sends []request
}

// input is what a client hears.
type input struct {
	round, server int
	reply         *message // nil: the round is overdue
}

// lied is by what a liar chose its answer: the menu, and where the client would hear it.
type lied struct {
	menu          *offer
	round, server int
}

// request is what a client sends to one server.
type request struct {
	op, round, server int
	*message
}

// ending is what an operation came to.
type ending struct {
	value  workloads.ID
	bottom bool
	ts     protocols.Timestamp
	rounds int
	err    string
}

// live is a client's end as the protocol made it.
type live struct {
	register protocols.Register
	driver   *play.Driver
	inner    protocols.Operation
}
