package agent

import (
	"context"
	"sync"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/workloads"
)

// A queue is an agent's operations of an open loop, in the order in which they are due. An idle client takes the next
// one in advance and waits until it is due; so each begins then, or as soon as a client is idle, in that order.
type queue struct {
	mu       sync.Mutex
	arrivals workloads.Arrivals
	startNs  int64
}

// newQueue is the agent's part of the arrivals: agents that have a client share them alike.
func (a *Agent) newQueue(spec LoadSpec) (*queue, error) {
	arrivals, err := workloads.NewArrivals(spec.Arrival, spec.Seed, spec.Rate, a.cfg.Index, min(a.cfg.Agents, spec.Clients))
	return &queue{arrivals: arrivals, startNs: spec.StartNs}, err
}

// take removes the next operation and returns when it is due.
func (q *queue) take() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.startNs + q.arrivals.Next()
}

// arrived says when the operation was due and since when its client had been idle: had the generator been quicker, it
// would have started at the later of the two, but for what the client waited for servers.
func (c *completed) arrived(due, idle int64) {
	c.due = due
	c.slip = c.start - max(due, idle) - c.waited
}

// openLoop is one client of those that serve the queue. What a client waits for counts into the latency of an operation
// that is due: that none is idle, and that servers lag.
func (a *Agent) openLoop(ctx context.Context, c *loadClient, spec LoadSpec, q *queue, t *tally) {
	alarm, err := clock.NewAlarm()
	if err != nil {
		t.fail(err)
		return
	}
	defer alarm.Close()
	keys := spec.chooser(c.number())
	idle := spec.StartNs // since when
	for due := q.take(); due < spec.MeasureEndNs; due = q.take() {
		if err := alarm.SleepUntil(ctx, due); err != nil {
			t.fail(err)
			return
		}
		if clock.Now() >= spec.MeasureEndNs {
			t.open.neverBegan(due)
			continue
		}
		done, began, err := a.next(ctx, c, spec, keys, t)
		if !began {
			t.open.neverBegan(due)
			continue
		}
		done.arrived(due, idle)
		idle = done.end
		t.add(done, err)
	}
}
