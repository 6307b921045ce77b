package client

import (
	"time"

	"github.com/powbench/powbench/protocols"
)

// The bounds of a patience. The lower one is longer than TCP takes to resend a lost packet in any case (200 ms on
// Linux), so that a lost packet does not look like a lost server; RFC 6298 gives the first.
const (
	firstPatience = time.Second
	leastPatience = 250 * time.Millisecond
	mostPatience  = 5 * time.Second
)

// patience is how long a client waits for a round before it takes a server for dead: TCP's estimate of its
// retransmission time-out (RFC 6298), from the same round of earlier operations. Too short a wait costs messages, too
// long a wait time; both are safe. A fixed time would be too short where many clients share a link: each would send
// more, which slows all down, and so on. A round that ended late teaches nothing (Karn's rule: perhaps those answered
// that were asked in addition), but doubles the patience until a round ends in time.
type patience struct {
	mean, deviation time.Duration
	limit           time.Duration
}

// wait is how long to wait.
func (p *patience) wait() time.Duration {
	if p.limit == 0 {
		p.limit = firstPatience
	}
	return p.limit
}

// inTime learns how long a round took that was not overdue.
func (p *patience) inTime(took time.Duration) {
	if p.mean == 0 {
		p.mean, p.deviation = took, took/2
	} else {
		p.deviation += ((took - p.mean).Abs() - p.deviation) / 4
		p.mean += (took - p.mean) / 8
	}
	p.limit = min(max(p.mean+4*p.deviation, leastPatience), mostPatience)
}

// overdue learns that a round was not over when its time was.
func (p *patience) overdue() { p.limit = min(2*p.limit, mostPatience) }

// pace is a client's patience with each round of one kind of operation.
type pace [protocols.MaxRounds]patience

// watch tells when the current round of an operation is overdue.
type watch struct {
	pace  *pace
	timer *time.Timer      // nil until a round begins that may be overdue
	late  <-chan time.Time // yields once when the round is overdue
	round int              // that the timer runs for, or 0
	began time.Time
}

// begin starts the timer for a round.
func (w *watch) begin(round int) {
	w.end()
	w.round, w.began = round, time.Now()
	if wait := w.pace[round-1].wait(); w.timer == nil {
		w.timer = time.NewTimer(wait)
		w.late = w.timer.C
	} else {
		w.timer.Reset(wait)
	}
}

// overdue is the round that is overdue.
func (w *watch) overdue() (round int) {
	round, w.round = w.round, 0
	w.pace[round-1].overdue()
	return round
}

// end stops the timer, if it runs, and learns how long the round took.
func (w *watch) end() {
	if w.round == 0 {
		return
	}
	w.timer.Stop()
	w.pace[w.round-1].inTime(time.Since(w.began))
	w.round = 0
}
