package client

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// A Reach says which servers an operation's requests reach from a round on. The network holds the others back for as long as
// the operation lasts, and then they are lost, as over a connection that broke. The zero Reach holds nothing back.
type Reach struct {
	Round   int // the first in which requests are held back, from 1; 0 for none
	Servers []int
	// Dies says that the client dies in that round, once all servers that its requests reach have answered.
	Dies bool
}

// reach is a Reach and who has answered in its round.
type reach struct {
	Reach
	answered []int
}

// Reaching returns the call with requests that reach some servers alone. A client that dies leaves ErrPending.
func (c Call) Reaching(r Reach) Call {
	c.reach.Reach = r
	return c
}

// limit leaves out what is held back.
func (r *reach) limit(q play.Requests) protocols.Broadcast {
	if r.Round == 0 || q.Round < r.Round {
		return q.To
	}
	few := make(protocols.Broadcast, len(q.To))
	if r.Dies && q.Round > r.Round { // it is dead already
		return few
	}
	for _, server := range r.Servers {
		few[server] = q.To[server]
	}
	return few
}

// hear notes a reply.
func (r *reach) hear(round, server int) {
	if r.Dies && round == r.Round && !slices.Contains(r.answered, server) {
		r.answered = append(r.answered, server)
	}
}

// check returns an error when the client, which is in the round, dies.
func (r *reach) check(round int) error {
	if r.Dies && (round > r.Round || round == r.Round && len(r.answered) >= len(r.Servers)) {
		return fmt.Errorf("%w: its client died in round %d", ErrPending, r.Round)
	}
	return nil
}
