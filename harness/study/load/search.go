package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/workloads"
)

// search finds a number of clients that saturates a series: it plays all numbers, those with the highest throughputs
// again, and takes the best of the plateau. It is a pilot: the manifest keeps its throughputs, which are not
// points.
type search struct {
	*runner
	series result.Series
}

// Name implements study.Task.
func (s *search) Name() string { return "search " + s.series.String() }

// Expected implements study.Timed.
func (s *search) Expected() time.Duration { return s.times.Search(s.series) }

// Do implements study.Task.
func (s *search) Do(ctx context.Context, _ int) (result.Line, string, error) {
	found := result.Search{Series: s.series}
	clients, err := s.Experiment.SearchClients(s.series)
	if err != nil {
		return nil, "", err
	}
	gain := s.Experiment.Search.Gain
	seed := workloads.Derive(s.Experiment.Seed, "search", s.series.String())
	name := "search-" + seriesName(s.series)
	err = s.withCluster(ctx, name, s.series, clients[len(clients)-1], seed, func(ctx context.Context, c *cluster.Cluster) error {
		loadedKeys := 0
		try := func(clients int) error {
			load := s.load(s.series, result.Load{Clients: clients}, seed)
			if s.series.Reads() && load.Keys > loadedKeys {
				if err := preload(ctx, c, loadedKeys, load.Keys); err != nil {
					return err
				}
				loadedKeys = load.Keys
			}
			l, err := s.step(ctx, c, load)
			found.Steps = append(found.Steps, result.SearchStep{
				Clients: clients, ThroughputMBps: l.Throughput() * float64(s.series.ValueBytes) / 1e6,
			})
			return err
		}
		for _, n := range clients {
			if err := try(n); err != nil {
				return err
			}
		}
		for _, n := range found.Plateau(gain) { // what looks like the peak may be chance
			if err := try(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	on := found.Plateau(gain)
	found.Chosen, found.Saturated = choose(found, on), on[0] < clients[len(clients)-1]
	s.bench.Manifest.Searches = append(s.bench.Manifest.Searches, found)
	if !found.Saturated {
		return nil, fmt.Sprintf("not saturated by %d clients", found.Chosen), nil
	}
	return nil, fmt.Sprintf("%d clients saturate it, the best of %v", found.Chosen, on), nil
}

// step loads the cluster.
func (s *search) step(ctx context.Context, c *cluster.Cluster, load cluster.Load) (cluster.Loaded, error) {
	load.Measure, load.Longest = s.Experiment.Search.Measure.Std(), s.Experiment.Search.Longest()
	load.Operations = int64(experiment.EndIn(s.Experiment.Search.Operations(), load.Spec.Load))
	return s.undisturbed(ctx, c, load, func(l cluster.Loaded) (bool, error) { return starved(l.Window.HostCPU(), l.Window.MachineCPU()), nil })
}

// choose is the best number of clients of a plateau. That with which it begins counts only if it is alone: whatever costs a
// little throughput when the point is measured would push it over the edge.
func choose(found result.Search, plateau []int) int {
	mean := found.Means()
	return slices.MaxFunc(plateau[min(1, len(plateau)-1):], func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
}
