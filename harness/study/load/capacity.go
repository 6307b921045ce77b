package load

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/workloads"
)

// capacity finds the highest rate of an open loop at which a series keeps the experiment's objective. Like a search for clients
// it is a pilot: the manifest keeps what was tried, and points are measured at the rate that was found.
type capacity struct {
	*runner
	series result.Series
	load   result.Load // whose rate is sought
}

// Name implements study.Task.
func (c *capacity) Name() string {
	name := "capacity of " + c.series.String()
	if c.load.Ignores() {
		name += ", owed " + c.load.Owed
	}
	return name
}

// Expected implements study.Timed.
func (c *capacity) Expected() time.Duration { return c.times.Capacity(c.series, c.load) }

// Do implements study.Task.
func (c *capacity) Do(ctx context.Context, _ int) (result.Line, string, error) {
	found := result.Capacity{Series: c.series, Load: c.load, Objective: c.Experiment.Objective}
	l := ladder{step: found.Objective.Step.Fraction()}
	var err error
	if l.from, l.first, l.most, err = c.Experiment.Rates(c.series); err != nil {
		return nil, "", err
	}
	seed := workloads.Derive(c.Experiment.Seed, "capacity", c.series.String())
	name := "capacity-" + seriesName(c.series)
	if c.load.Ignores() {
		name += "-" + c.load.Owed
	}
	err = c.withCluster(ctx, name, c.series, c.load.Clients, seed, func(ctx context.Context, cl *cluster.Cluster) error {
		if c.series.Reads() {
			if err := preload(ctx, cl, 0, c.Experiment.Keys(c.load.Clients)); err != nil {
				return err
			}
		}
		found.Rate, err = l.highest(func(rate float64) (bool, error) {
			try, err := c.try(ctx, cl, rate, workloads.Derive(seed, "try", len(found.Tries)))
			found.Tries = append(found.Tries, try)
			return try.Answer == result.Kept, err
		})
		return err
	})
	if err != nil {
		return nil, "", err
	}
	c.bench.Manifest.Capacities = append(c.bench.Manifest.Capacities, found)
	if found.Rate == 0 {
		return nil, fmt.Sprintf("no rate from %g/s on keeps a %v", l.from, found.Objective), nil
	}
	return nil, fmt.Sprintf("%g/s keep a %v", found.Rate, found.Objective), nil
}

// try plays one rate.
func (c *capacity) try(ctx context.Context, cl *cluster.Cluster, rate float64, seed uint64) (t result.RateTry, err error) {
	of := c.load
	of.Rate = rate
	objective := c.Experiment.Objective
	load := c.runner.load(c.series, of, seed)
	load.Operations = max(load.Operations, objective.Enough())
	var p result.Point
	l, err := c.undisturbed(ctx, cl, load, func(l cluster.Loaded) (bool, error) {
		p = result.Point{Load: of}
		err := fillOpen(&p, *l.Open)
		return starved(l.Window.HostCPU(), l.Window.MachineCPU()) || slips(&p) && !overruns(&p), err
	})
	if err == nil && l.Errors() > 0 {
		err = fmt.Errorf("at %g/s %d operations failed, the first: %s", rate, l.Errors(), l.FirstError)
	}
	if err != nil {
		return t, err
	}
	operations, slower := slowerThan(objective, l)
	t = result.RateTry{
		Rate: rate, Operations: operations, Slower: slower, ThroughputOps: l.Throughput(),
		PercentileMs: l.Latency().Latency().Percentile(objective.Limit().Name), Answer: objective.Judge(operations, slower),
	}
	if overruns(&p) {
		t.Answer = result.Overrun
	}
	return t, nil
}

// slowerThan is how many operations of an open loop tell of the objective, and how many of them were slower than its bound: those
// that ended in the window. As many as the backlog grew by count as slower, too: they would end behind it.
func slowerThan(o result.Objective, l cluster.Loaded) (operations, slower int64) {
	grown := max(0, l.Open.Backlog.End-l.Open.Backlog.Begin)
	latency := l.Latency()
	return latency.Count() + grown, latency.Above(int64(o.Limit().Bound)) + grown
}

// preload writes the keys from … to−1 once.
func preload(ctx context.Context, c *cluster.Cluster, from, to int) error {
	failures, err := c.Preload(ctx, from, to)
	if err == nil && failures.Errors() > 0 {
		err = fmt.Errorf("preload: %d operations failed, the first: %s", failures.Errors(), failures.FirstError)
	}
	return err
}

// undisturbed loads the cluster, and again while other work disturbs it, which spoilt tells: a try that the machine was too busy
// for would mislead a search.
func (r *runner) undisturbed(ctx context.Context, c *cluster.Cluster, load cluster.Load,
	spoilt func(cluster.Loaded) (bool, error),
) (cluster.Loaded, error) {
	for attempt := 1; ; attempt++ {
		l, err := c.Load(ctx, load)
		if err != nil {
			return l, err
		}
		again, err := spoilt(l)
		if err != nil || !again || attempt == r.Experiment.Attempts {
			return l, err
		}
		if err := clock.Sleep(ctx, study.CalmDown); err != nil {
			return l, err
		}
	}
}

// A ladder is the rates that a search may try, in operations per second: between from and most, beginning with first, until the
// highest that is kept and the lowest that is not are within a step of each other.
type ladder struct{ from, first, most, step float64 }

// highest is the highest rate that was kept when it was tried, and again when it was tried once more: what the first try kept may
// have been luck, as it is the best of several. One that is not kept again counts as one that failed, and the search goes on below
// it. It is 0 if there is none.
func (l ladder) highest(try func(rate float64) (kept bool, err error)) (float64, error) {
	var kept []float64 // ascending
	failed := math.Inf(1)
	for rate := max(l.from, tidy(l.first)); ; rate = l.next(kept, failed) {
		again := rate == 0
		if again {
			if len(kept) == 0 {
				return 0, nil
			}
			rate, kept = kept[len(kept)-1], kept[:len(kept)-1]
		}
		is, err := try(rate)
		switch {
		case err != nil:
			return 0, err
		case is && again:
			return rate, nil
		case is:
			kept = append(kept, rate)
		default:
			failed = rate
		}
	}
}

// next is the rate to try after some that were kept and others that were not, of which the lowest failed; 0 if none is left.
func (l ladder) next(kept []float64, failed float64) float64 {
	if len(kept) == 0 {
		if failed <= l.from {
			return 0
		}
		return max(l.from, tidy(failed/2))
	}
	low := kept[len(kept)-1]
	rate := min(l.most, tidy(2*low))
	if !math.IsInf(failed, 1) {
		rate = tidy(math.Sqrt(low * failed))
	}
	if failed <= low*(1+l.step) || rate <= low || rate >= failed {
		return 0
	}
	return rate
}

// tidy rounds to three digits, and to what an experiment's file tells apart.
func tidy(rate float64) float64 {
	last := int(math.Floor(math.Log10(rate))) - 2
	if last >= 0 {
		unit := math.Pow10(last)
		return math.Round(rate/unit) * unit
	}
	parts := min(math.Pow10(-last), float64(result.PerSecond))
	return math.Round(rate*parts) / parts
}
