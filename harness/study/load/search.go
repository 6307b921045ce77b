package load

import (
	"context"
	"fmt"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/workloads"
)

// search finds the number of clients that saturates a series: the first whose next two steps each gain less than the
// configured share. It is a pilot: the manifest keeps its throughputs, which are not points.
type search struct {
	*runner
	series result.Series
}

// Name implements study.Task.
func (s *search) Name() string { return "search " + s.series.String() }

// Do implements study.Task.
func (s *search) Do(ctx context.Context, _ int) (result.Line, string, error) {
	steps := s.Experiment.Search.Clients
	found := result.Search{Series: s.series}
	seed := workloads.Derive(s.Experiment.Seed, "search", s.series.String())
	name := "search-" + seriesName(s.series)
	err := s.withCluster(ctx, name, s.series, steps[len(steps)-1], seed, func(ctx context.Context, c *cluster.Cluster) error {
		loadedKeys := 0
		for _, clients := range steps {
			load := s.load(s.series, result.Load{Clients: clients}, seed)
			load.Measure = s.Experiment.Search.Measure.Std()
			if s.series.Op == result.OpRead && load.Keys > loadedKeys {
				failures, err := c.Preload(ctx, loadedKeys, load.Keys)
				if err != nil {
					return err
				} else if failures.Count > 0 {
					return fmt.Errorf("preload: %d operations failed, the first: %s", failures.Count, failures.First)
				}
				loadedKeys = load.Keys
			}
			l, err := s.step(ctx, c, load)
			if err != nil {
				return err
			}
			found.Steps = append(found.Steps, result.SearchStep{
				Clients: clients, ThroughputMBps: l.Throughput() * float64(s.series.ValueBytes) / 1e6,
			})
			if found.Chosen, found.Saturated = saturated(found.Steps, s.Experiment.Search.Gain.Fraction()); found.Saturated {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	s.bench.Manifest.Searches = append(s.bench.Manifest.Searches, found)
	if !found.Saturated {
		return nil, fmt.Sprintf("not saturated by %d clients", found.Chosen), nil
	}
	return nil, fmt.Sprintf("%d clients saturate it", found.Chosen), nil
}

// step loads the cluster, and again while other work disturbs it: a step that seems to gain nothing because the machine
// was busy would end the search too early.
func (s *search) step(ctx context.Context, c *cluster.Cluster, load cluster.Load) (cluster.Loaded, error) {
	for attempt := 1; ; attempt++ {
		l, err := c.Load(ctx, load)
		if err != nil || !starved(l.Window.HostCPU()) || attempt == s.Experiment.Attempts {
			return l, err
		}
		if err := clock.Sleep(ctx, study.CalmDown); err != nil {
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
