package load

import (
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
)

// testbed is the testbed that the experiment asks for.
func (r *runner) testbed(systems []protocols.Protocol) *testbed.Spec {
	t := r.Experiment.Testbed
	servers := 1
	if t.Topology == result.Spread {
		for i, c := range r.Experiment.Cells() {
			servers = max(servers, systems[i].Traits(c.T).Servers)
		}
	}
	spec := &testbed.Spec{
		Servers: servers, Clients: t.ClientHosts, Topology: t.Topology, RateBits: int64(t.Rate),
		QueueBytes: int64(t.Queue), Congestion: t.Congestion,
		Offload: t.Offload == experiment.On, Tolerance: t.Tolerance.Fraction(),
	}
	if t.NetEm() {
		spec.Delays = &testbed.Delays{
			Between: delays(t), Asked: askedDelays(t),
			Tolerance: testbed.DelayTolerance{Mean: t.DelayTolerance.Fraction(), KS: t.KSLimit()},
		}
	}
	return spec
}

// delays says what NetEm does between hosts: of each kind, host i is in region i.
func delays(t experiment.Testbed) func(from, to int) testbed.Delay {
	return func(from, to int) testbed.Delay {
		d := t.Between(t.Region(from), t.Region(to))
		return testbed.Delay{
			Mean: d.Mean.Std(), Jitter: d.Jitter.Std(), Distribution: d.Distribution,
			Loss: d.Loss.Fraction(), Reorder: d.Reorder.Fraction(), RateBits: int64(d.Rate), Limit: d.Limit,
		}
	}
}

// askedDelays is the manifest's form of what the experiment asks for.
func askedDelays(t experiment.Testbed) []result.Delay {
	if len(t.Regions.Names) == 0 {
		if !t.NetEm() {
			return nil
		}
		return []result.Delay{asked("", "", t.Delay)}
	}
	var all []result.Delay
	for _, from := range t.Regions.Names {
		for _, to := range t.Regions.Names {
			if from != to {
				all = append(all, asked(from, to, t.Between(from, to)))
			}
		}
	}
	return all
}

func asked(from, to string, d experiment.Delay) result.Delay {
	return result.Delay{
		From: from, To: to, MeanMs: ms(d.Mean.Std()), JitterMs: ms(d.Jitter.Std()), Distribution: d.Distribution,
		Loss: d.Loss.Fraction(), Reorder: d.Reorder.Fraction(), RateBits: int64(d.Rate), Limit: d.Limit,
	}
}
