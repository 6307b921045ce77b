package client

import "time"

// The bounds of a patience. The lower one is longer than TCP takes to resend a lost packet in any case (200 ms on
// Linux), so that a packet lost does not look like a server lost; RFC 6298 gives the first.
const (
	firstPatience = time.Second
	leastPatience = 250 * time.Millisecond
	mostPatience  = 5 * time.Second
)

// patience is how long a client waits for a round before it takes it that a server does not answer: TCP's estimate of
// its retransmission time-out (RFC 6298), from the same round of earlier operations. Too little costs messages, too much
// time, and neither safety. A fixed time would be too little where many clients share a link, of which each then sends
// more, and more again. So what ended late teaches nothing (Karn's rule: it may be those asked in addition that
// answered), but doubles the patience until a round ends in time.
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
