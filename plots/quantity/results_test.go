package quantity

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// measured is a set of fig2b: for each protocol, READs at t = 1 and 256 KiB, a repetition for each throughput. A throughput of 0
// is an invalid repetition.
func measured(throughputs map[string][]float64) *result.Set {
	s := &result.Set{Dir: "results/fig2b"}
	for protocol, all := range throughputs {
		for i, x := range all {
			s.Points = append(s.Points, result.Point{
				Experiment: "fig2b", Figure: "2b", Protocol: protocol, Variant: "paper", Suite: "paper", Durability: "write",
				Op: "read", T: 1, ValueBytes: 256 << 10, Clients: 4, Repetition: i + 1, LoadOps: 1, Rounds: map[string]int64{"2": 9},
				ThroughputMBps: x, ThroughputOps: x, LatencyMs: result.Latency{Mean: 100 / max(x, 1)}, Valid: x > 0,
				WireFactor: result.TrafficFactor{ServerToClient: 2.02}, CostFactor: result.TrafficFactor{ServerToClient: 2},
				Linearizable: result.Verdict{Verdict: "ok"},
			})
		}
	}
	return s
}

func results(t *testing.T, sets ...*result.Set) *Results {
	t.Helper()
	r, err := New(sets)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func quantity(t *testing.T, r *Results, expression string) Quantity {
	t.Helper()
	q, err := r.Evaluate(expression, nil)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return q
}

const (
	mine   = `peak("2b", "mpowerstore", "read")`
	theirs = `peak("2b", "mabd", "read")`
)
