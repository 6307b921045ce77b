package agent

import (
	"sync"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/workloads"
)

// A queue is an agent's operations of an open loop, in the order in which they are due. An idle client takes the next
// one in advance and waits until it is due; so each begins then, or as soon as a client is idle, in that order. In a
// closed loop the queue is nil: the next operation is always due.
type queue struct {
	mu       sync.Mutex
	arrivals workloads.Arrivals
	window   *window
}

// newQueue is the agent's part of the arrivals: agents that have a client share them alike.
func (a *Agent) newQueue(w *window) (*queue, error) {
	if !w.Open() {
		return nil, nil
	}
	clock.Prompt()
	arrivals, err := workloads.NewArrivals(w.Arrival, w.Seed, w.Rate, a.cfg.Index, min(a.cfg.Agents, w.Clients))
	return &queue{arrivals: arrivals, window: w}, err
}

// take removes the next operation and returns when it is due.
func (q *queue) take() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.window.StartNs + q.arrivals()
}

// paced returns a function that waits until the client's next operation is due and returns when it was due; behind the
// last operation it returns false. Call stop in the end.
func (q *queue) paced(t *Tally) (next func() (due int64, ok bool), stop func(), err error) {
	if q == nil {
		return func() (int64, bool) { return 0, true }, func() {}, nil
	}
	alarm, err := clock.NewAlarm()
	if err != nil {
		return nil, nil, err
	}
	w := q.window
	return func() (int64, bool) {
		due := q.take()
		for ; due < w.until(); due = q.take() {
			err := alarm.SleepUntil(w.ctx, due)
			switch {
			case clock.Now() >= w.until():
				t.neverBegan(due)
			case err != nil:
				t.fail(err)
				return due, false
			default:
				return due, true
			}
		}
		return due, false
	}, func() { _ = alarm.Close() }, nil
}

// arrived says when the operation was due and since when its client had been idle: had the generator been quicker, it
// would have started at the later of the two, except for what the client waited for servers.
func (c *completed) arrived(due, idle int64) {
	c.due = due
	c.slip = c.start - max(due, idle) - c.waited
}
