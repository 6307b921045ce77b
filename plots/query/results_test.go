package query

import (
	"strings"
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
				Experiment: "fig2b", Figure: "2b",
				Series: result.Series{
					Protocol: protocol, Variant: "paper", Suite: "paper", Durability: "write", Op: "read", T: 1,
					ValueBytes: 256 << 10,
				},
				Load: result.Load{Clients: 4}, Repetition: i + 1, LoadOps: 1, Rounds: map[string]int64{"2": 9},
				ThroughputMBps: x, ThroughputOps: x, LatencyMs: result.Latency{Mean: 100 / max(x, 1)},
				Validity: result.Validity{Valid: x > 0}, WireFactor: result.TrafficFactor{ServerToClient: 2.02},
				CostFactor: result.TrafficFactor{ServerToClient: 2}, Linearizable: result.Verdict{Code: "ok"},
			})
		}
	}
	return s
}

func results(t testing.TB, sets ...*result.Set) *Results {
	t.Helper()
	r, err := New(sets, result.Virtual{})
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

// What clients do about owed replies and a slow server tell points apart; without a word they wait, and no server is slow.
func TestOwed(t *testing.T) {
	s := measured(map[string][]float64{"mpowerstore": {50}})
	ahead, slow := s.Points[0], s.Points[0]
	ahead.ThroughputMBps, ahead.Owed = 60, result.Ignored
	slow.ThroughputMBps, slow.SlowServer = 20, 25e6
	s.Points = append(s.Points, ahead, slow)
	r := results(t, s)
	for where, want := range map[string]float64{"": 50, `, {owed: "ignored"}`: 60, `, {slow_server: "25Mbit"}`: 20} {
		if q := quantity(t, r, `peak("2b", "mpowerstore", "read"`+where+`)`); q.Interval().Value != want {
			t.Errorf("%s: %v, want %v", where, q.Interval().Value, want)
		}
	}
}

// Points of no figure are found, and those whose sizes are drawn from a distribution, whatever their mean.
func TestSizesFromDistributions(t *testing.T) {
	s := measured(map[string][]float64{"mpowerstore": {50}})
	drawn := s.Points[0]
	drawn.Figure, drawn.ThroughputMBps, drawn.ValueBytes = "", 60, 131368
	drawn.Sizes = result.Sizes{Distribution: result.Lognormal, Median: 64 << 10, Sigma: 1.2, Most: 4 << 20}
	s.Points = append(s.Points, drawn)
	r := results(t, s)
	for expression, want := range map[string]float64{mine: 50, `peak("none", "mpowerstore", "read", {sizes: "lognormal"})`: 60} {
		if q := quantity(t, r, expression); q.Interval().Value != want {
			t.Errorf("%s: %v, want %v", expression, q.Interval().Value, want)
		}
	}
	if _, err := r.Evaluate(`peak("none", "mpowerstore", "read", {sizes: "zipf"})`, nil); err == nil || !strings.Contains(err.Error(), "distribution of sizes") {
		t.Errorf("an unknown distribution: %v", err)
	}
}

// Open loops are found by their rate, with fields of their own, and only so.
func TestOpenLoops(t *testing.T) {
	s := measured(map[string][]float64{"mpowerstore": {50}})
	open := s.Points[0]
	open.ThroughputMBps, open.LatencyMs.Mean = 60, 7
	open.Arrival, open.Rate = result.Poisson, 12.5
	open.OpenLoop = result.OpenLoop{ServiceMs: result.Latency{Mean: 3}, Backlog: result.Backlog{End: 2}}
	s.Points = append(s.Points, open)
	r := results(t, s)
	for expression, want := range map[string]float64{
		mine: 50,
		`latency("2b", "mpowerstore", "read", {clients: 4})`:                                                      2,
		`latency("2b", "mpowerstore", "read", {rate: 12.5})`:                                                      7,
		`of("point", "service_ms.mean", {figure: "2b", protocol: "mpowerstore", op: "read", rate: 12.5})`:         3,
		`of("point", "backlog.end", {figure: "2b", protocol: "mpowerstore", op: "read", clients: 4, rate: 12.5})`: 2,
	} {
		if got := quantity(t, r, expression).Interval().Value; got != want {
			t.Errorf("%s = %v, want %v", expression, got, want)
		}
	}
	q := quantity(t, r, `latency("2b", "mpowerstore", "read", {rate: 13})`)
	if want := "2b/mpowerstore/read/t1/256KiB/r13/paper/write"; q.Known() || q.Missing[0] != want {
		t.Errorf("missing %v, want %s", q.Missing, want)
	}
	if got, want := ID(open), "fig2b/mpowerstore/read/t1/256KiB/c4/r12.5/paper/write"; got != want {
		t.Errorf("ID %s, want %s", got, want)
	}
}
