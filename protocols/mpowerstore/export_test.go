package mpowerstore

import "github.com/powbench/powbench/protocols"

// What the tests look at besides. They are outside of the package because variants, which they play too, import it.
type (
	Writer = writer
	Server = server
)

const (
	RoundClock    = roundClock
	RoundStore    = roundStore
	RoundComplete = roundComplete
)

var (
	SameVec        = sameVec
	CandidateParts = candidateParts
)

// Written is the candidate of the WRITE, once it is made.
func (w *writer) Written() Candidate { return w.candidate }

// Prover is the writer's.
func (w *writer) Prover() Prover { return w.prover }

// With is the entry with another commitment.
func (e *Entry) With(commitment []byte) *Entry { return e.with(commitment) }

// Valid reports whether the server finds the candidate valid, and Hist is its entry of the timestamp.
func (s *server) Valid(key protocols.Key, state protocols.StateReader, c Candidate) (bool, error) {
	return view{s, key, state}.valid(c)
}

func (s *server) Hist(state protocols.StateReader, ts protocols.Timestamp) (*Entry, error) {
	return view{s, "", state}.entry(ts)
}
