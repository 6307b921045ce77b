package agent

import (
	"context"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// loopOf is what one client does in the load, which it counts in the tally.
func (a *Agent) loopOf(spec LoadSpec) (func(context.Context, *loadClient, *tally), error) {
	if !spec.Open() {
		return func(ctx context.Context, c *loadClient, t *tally) { a.closedLoop(ctx, c, spec, t) }, nil
	}
	clock.Prompt()
	q, err := a.newQueue(spec)
	return func(ctx context.Context, c *loadClient, t *tally) { a.openLoop(ctx, c, spec, q, t) }, err
}

// closedLoop is one client: the next operation begins when the last has ended, without think time, but for servers that
// lag.
func (a *Agent) closedLoop(ctx context.Context, c *loadClient, spec LoadSpec, t *tally) {
	keys := spec.chooser(c.number())
	if clock.SleepUntil(ctx, spec.StartNs) != nil {
		return
	}
	for {
		done, began, err := a.next(ctx, c, spec, keys, t)
		if !began {
			return
		}
		t.add(done, err)
	}
}

// next runs the client's next operation of a load, once no server lags too far behind. It does not begin any after the
// window or ctx has ended.
func (a *Agent) next(ctx context.Context, c *loadClient, spec LoadSpec, keys workloads.Chooser, t *tally) (
	done completed, began bool, err error,
) {
	begun := clock.Now()
	caughtUp := a.links.CatchUp(ctx, max(maxLag, a.cfg.ValueBytes+a.cfg.ValueBytes/8))
	now := clock.Now()
	if now >= spec.MeasureEndNs || ctx.Err() != nil {
		return done, false, nil
	}
	if !caughtUp {
		t.overtaken++
	}
	op, key := spec.Op, keys.Next()
	if op == protocols.Write {
		op, key = a.toWrite(c, key, spec.Keys)
	}
	done, err = a.operate(ctx, c, op, key)
	done.waited = now - begun
	return done, true, err
}
