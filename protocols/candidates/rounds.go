package candidates

import "github.com/powbench/powbench/protocols"

// Rounds counts the rounds of an operation, each of which waits for a quorum of answers.
type Rounds struct {
	// Round is the current round, from 1.
	Round int

	params Params
	acks   int // to the current round
}

// NewRounds returns the rounds of an operation that has not begun.
func NewRounds(p Params) Rounds { return Rounds{params: p} }

// Begin begins the next round with the requests.
func (r *Rounds) Begin(requests protocols.Broadcast) protocols.Step {
	r.Round, r.acks = r.Round+1, 0
	return protocols.Begin(requests)
}

// Ask begins the next round with the same request to all servers.
func (r *Rounds) Ask(body protocols.Body) protocols.Step {
	return r.Begin(protocols.ToAll(r.params.Servers(), protocols.Message{Body: body}))
}

// Acked counts an answer to the current round and reports whether a quorum has answered.
func (r *Rounds) Acked() bool {
	r.acks++
	return r.acks >= r.params.Quorum()
}
