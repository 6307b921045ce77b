package harness

import (
	"context"
	"fmt"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// search finds the number of clients that saturates a series: the first whose next two steps each gain less than the
// configured share. It is a pilot: its throughputs are kept in the manifest and are no points.
func (r *runner) search(ctx context.Context, s result.Series) (result.Search, error) {
	steps := r.experiment.Search.Clients
	found := result.Search{Series: s}
	seed := workloads.Derive(r.experiment.Seed, "search", s.String())
	name := "search-" + seriesName(s)
	err := r.withCluster(ctx, name, s, steps[len(steps)-1], seed, func(ctx context.Context, c *cluster) error {
		loadedKeys := 0
		for _, clients := range steps {
			keys := r.experiment.Keys(clients)
			if s.Op == result.OpRead && keys > loadedKeys {
				failures, err := c.preload(ctx, loadedKeys, keys)
				if err != nil {
					return err
				} else if failures.Count > 0 {
					return fmt.Errorf("preload: %d operations failed, the first: %s", failures.Count, failures.First)
				}
				loadedKeys = keys
			}
			l, err := r.searchStep(ctx, c, loadSpec{
				op: protocols.Op(s.Op), clients: clients, keys: keys, seed: seed, keyModel: r.experiment.Workload.Keys,
				concurrency: r.experiment.Concurrency.Fraction(), background: r.background(s.Op),
				warmup: r.experiment.Phases.Warmup.Std(), measure: r.experiment.Search.Measure.Std(),
			})
			if err != nil {
				return err
			}
			found.Steps = append(found.Steps, result.SearchStep{
				Clients: clients, ThroughputMBps: l.throughput() * float64(s.ValueBytes) / 1e6,
			})
			if found.Chosen, found.Saturated = saturated(found.Steps, r.experiment.Search.Gain.Fraction()); found.Saturated {
				return nil
			}
		}
		return nil
	})
	return found, err
}

// searchStep loads the cluster, and again while other work disturbs it: a step that seems to gain nothing because the
// machine was busy would end the search too early.
func (r *runner) searchStep(ctx context.Context, c *cluster, spec loadSpec) (loaded, error) {
	for attempt := 1; ; attempt++ {
		l, err := c.load(ctx, r.hosts, spec)
		if err != nil || !starved(l.window.hostCPU()) || attempt == r.experiment.Attempts {
			return l, err
		}
		if err := clock.Sleep(ctx, calmDown); err != nil {
			return l, err
		}
	}
}

// saturated is the first number of clients whose next two steps each gained less than gain over the one before, or
// else the last number tried.
func saturated(steps []result.SearchStep, gain float64) (clients int, ok bool) {
	small := func(i int) bool { return steps[i].ThroughputMBps < (1+gain)*steps[i-1].ThroughputMBps }
	for i := range len(steps) - 2 {
		if small(i+1) && small(i+2) {
			return steps[i].Clients, true
		}
	}
	return steps[len(steps)-1].Clients, false
}
