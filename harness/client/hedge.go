package client

import (
	"time"

	"github.com/powbench/powbench/protocols"
)

// pace is a client's patience with each round of one kind of operation, from round 1.
type pace [protocols.MaxRounds + 1]patience

// hedge tells an operation, if it wants to know, when a round is overdue.
type hedge struct {
	operation protocols.Hedged // nil if it does not
	pace      *pace
	timer     *time.Timer
	round     int
	began     time.Time
	fired     bool // in this round
}

func newHedge(o protocols.Operation, p *pace) *hedge {
	operation, _ := o.(protocols.Hedged)
	return &hedge{operation: operation, pace: p}
}

// begin starts the clock of a round.
func (h *hedge) begin(round int) {
	if h.operation == nil || round >= len(h.pace) {
		return
	}
	h.end()
	h.round, h.began, h.fired = round, time.Now(), false
	if wait := h.pace[round].wait(); h.timer == nil {
		h.timer = time.NewTimer(wait)
	} else {
		h.timer.Reset(wait)
	}
}

// late yields when the round is overdue, once.
func (h *hedge) late() <-chan time.Time {
	if h.timer == nil {
		return nil
	}
	return h.timer.C
}

// overdue tells the operation.
func (h *hedge) overdue() protocols.Step {
	h.fired = true
	h.pace[h.round].overdue()
	return h.operation.Overdue(h.round)
}

// end stops the clock of the round, if one runs, and learns from what it shows.
func (h *hedge) end() {
	if h.timer == nil {
		return
	}
	h.timer.Stop()
	if !h.fired {
		h.pace[h.round].inTime(time.Since(h.began))
	}
}
