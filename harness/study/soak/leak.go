package soak

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/plots/stat"
	"github.com/powbench/powbench/storage"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/workloads"
)

// A resource leaks if there is a trend upwards (Mann and Kendall, p ≤ 0.01), and the low end of the 95 % interval of its slope (Sen) makes
// for more than the tolerance from the first reading to the last. The first quarter of the readings is left out, in which caches,
// buffers and pools fill.
const (
	leakP       = 0.01
	fewReadings = 12 // of which no trend is told
)

// A resource is what may leak, and how much more of it may be for other reasons.
type resource struct {
	name, unit string
	tolerance  float64
}

var (
	heap        = resource{"memory in use", " MiB", 48} // caches and tables in memory fill for long
	goroutines  = resource{"goroutines", "", 64}        // each connection keeps as many as were ever busy for it at once
	descriptors = resource{"descriptors", "", 16}
	disk        = resource{"disk", " MiB", storage.KeptLogBytes / mib} // and half of what was stored meanwhile
	leftovers   = resource{"what is left on disk", " MiB", 1}
)

// A series is what a process held at each of its readings.
type series struct {
	seconds []float64
	of      map[resource][]float64
	stored  []float64 // MiB that a server was made to store by then
	owed    float64   // MiB that a server may keep in memory for others that lie, and may never answer
}

func (s *series) add(seconds float64, held map[resource]float64) {
	if s.of == nil {
		s.of = map[resource][]float64{}
	}
	s.seconds = append(s.seconds, seconds)
	for r, x := range held {
		s.of[r] = append(s.of[r], x)
	}
}

// leaks names what of a process leaks.
func (s *series) leaks(who string) (all []string) {
	for _, r := range []resource{heap, goroutines, descriptors, disk, leftovers} {
		y := s.of[r]
		if len(y) != len(s.seconds) {
			continue // not read of this kind of process
		}
		from := len(y) / 4
		t, y := s.seconds[from:], y[from:]
		if len(y) < fewReadings {
			continue
		}
		tolerance := r.tolerance
		switch r {
		case heap:
			tolerance += s.owed
		case disk:
			tolerance += (s.stored[len(s.stored)-1] - s.stored[from]) / 2
		}
		trend, span := stat.NewTrend(t, y), t[len(t)-1]-t[0]
		if growth := trend.Low * span; trend.P <= leakP && trend.HasInterval() && growth > tolerance {
			all = append(all, fmt.Sprintf("%s: %s grows by %.3g%s in %.0f s at least (from %.4g to %.4g; p = %.2g), and may by %.3g",
				who, r.name, growth, r.unit, span, y[0], y[len(y)-1], trend.P, tolerance))
		}
	}
	return all
}

const mib = 1 << 20

// held is what any process holds.
func held(u control.Used) map[resource]float64 {
	return map[resource]float64{
		heap: u.LiveMiB, goroutines: float64(u.Goroutines), descriptors: float64(u.Descriptors),
	}
}

// sample reads what all processes of the cluster hold.
func (s *stint) sample(ctx context.Context) error {
	servers, err := s.cluster.Sample(ctx)
	if err != nil {
		return err
	}
	all, err := s.cluster.Agents(ctx)
	if err != nil {
		return err
	}
	seconds := float64(clock.Now()-s.began) / 1e9
	owed := s.owed()
	for i, u := range all {
		s.of(fmt.Sprintf("agent %d", i+1)).add(seconds, held(u))
		s.out.PeakAgentMiB = max(s.out.PeakAgentMiB, u.PeakRSSMiB)
	}
	for i, u := range servers.Used {
		holds := held(u)
		life := s.of(fmt.Sprintf("server %d, started %d times", i+1, s.lives[i]+1))
		if s.cluster.Servers[i].Lies() { // what it remembers to lie with is the attack's
			holds = nil
		} else if s.known {
			holds[disk] = float64(servers.Databases[i].DiskBytes-s.keeps[i]*s.out.Writes) / mib
			life.stored = append(life.stored, float64(servers.Databases[i].AppliedBytes)/mib)
		}
		life.owed = owed
		life.add(seconds, holds)
		if s.out.PeakServerMiB = max(s.out.PeakServerMiB, u.PeakRSSMiB); u.PeakRSSMiB > serverMiB {
			s.violate("server %d takes %.0f MiB of memory, and may take %d", i+1, u.PeakRSSMiB, serverMiB)
		}
	}
	return nil
}

// owed is how many MiB a server may keep for liars among the others, where servers send each other messages.
func (s *stint) owed() (most float64) {
	if !s.protocol.Traits(s.T).Peers {
		return 0
	}
	for _, v := range s.cluster.Servers {
		if v.Lies() {
			most += transport.MaxKeptBytes / mib
		}
	}
	return most
}

func (s *stint) of(who string) *series {
	if s.series[who] == nil {
		s.series[who] = &series{}
	}
	return s.series[who]
}

// keptOfOne is how many bytes each server keeps for ever because of one WRITE: the records that no later one replaces. Some protocols
// prune none, as in their papers. It is not known of protocols whose servers store what depends on earlier WRITEs.
func (s *stint) keptOfOne() (bytes []int64, known bool) {
	batches, err := model.Batches(model.Case{
		Protocol: s.protocol, Suite: suiteName, T: s.T, ValueBytes: valueBytes, KeyBytes: len(workloads.KeyName(0)),
	})
	if err != nil {
		return nil, false
	}
	for _, server := range batches {
		sum := int64(0)
		for _, batch := range server {
			for _, r := range batch {
				if r.New {
					sum += int64(len(r.Name) + r.Body + r.Payload)
				}
			}
		}
		bytes = append(bytes, sum)
	}
	return bytes, true
}

// leaks names what leaks in the processes of the stint.
func (s *stint) leaks() (all []string) {
	for _, who := range slices.Sorted(maps.Keys(s.series)) {
		all = append(all, s.series[who].leaks(who)...)
	}
	return all
}

// own names what leaks in the coordinator's process, over all stints.
func (s *soak) own() []string {
	var own series
	for _, h := range s.summary.Coordinator {
		own.add(h.Seconds, map[resource]float64{
			heap: h.LiveMiB, goroutines: float64(h.Goroutines), descriptors: float64(h.Descriptors), leftovers: float64(h.ScratchBytes) / mib,
		})
	}
	return own.leaks("the coordinator")
}
