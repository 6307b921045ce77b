package frame

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

func checkPoint(p result.Point) error {
	if _, ok := Known[p.Figure]; !ok && p.Figure != "" {
		return fmt.Errorf("unknown figure %q: this powbench draws %s", p.Figure, strings.Join(Figures(), ", "))
	}
	if p.Op != "read" && p.Op != "write" {
		return fmt.Errorf("unknown operation %q: it is read or write", p.Op)
	}
	if p.T < 1 || p.ValueBytes < 1 || p.Clients < 1 {
		return fmt.Errorf("t = %d, value_bytes = %d and clients = %d must be at least 1", p.T, p.ValueBytes, p.Clients)
	}
	if !slices.Contains([]string{"", result.Closed, result.Poisson, result.Fixed}, p.Arrival) {
		return fmt.Errorf("unknown arrival %q: it is %s, %s or %s", p.Arrival, result.Closed, result.Poisson, result.Fixed)
	}
	if p.Open() != (p.Rate > 0) || p.Open() && p.Valid && !(p.ServiceMs.Mean > 0) {
		return fmt.Errorf("arrival %q at a rate of %v/s with a service time of %v ms: an open loop has both, a closed loop none",
			cmp.Or(p.Arrival, result.Closed), p.Rate, p.ServiceMs.Mean)
	}
	for _, x := range []float64{p.ThroughputMBps, p.ThroughputOps, p.LatencyMs.Mean} {
		if p.Valid && (math.IsNaN(x) || math.IsInf(x, 0) || x <= 0) {
			return fmt.Errorf("a valid point needs a throughput and a latency above 0, not %v", x)
		}
	}
	if low, high := p.Predicted.Low, p.Predicted.High; !(0 <= low && low <= high) {
		return fmt.Errorf("the predicted latency must lie between 0 and its high end, not from %v to %v", low, high)
	}
	return nil
}

// checkTrial refuses what no trial can be.
func checkTrial(t result.Trial) error {
	if t.Protocol == "" || t.Attack == "" {
		return errors.New("a trial needs a protocol and an attack")
	}
	if t.T < 1 || t.ValueBytes < 1 || t.Clients < 1 || t.Keys < 1 {
		return fmt.Errorf("t = %d, value_bytes = %d, clients = %d and keys = %d must be at least 1",
			t.T, t.ValueBytes, t.Clients, t.Keys)
	}
	for _, x := range []float64{t.ThroughputOps, t.DurationS, t.ReadMs.P50, t.ReadMs.P99, t.WriteMs.P50, t.WriteMs.P99} {
		if x < 0 {
			return fmt.Errorf("throughput, duration and latencies must be at least 0, not %v", x)
		}
	}
	ordered := func(a, b result.Bucket) int { return cmp.Compare(a.AtMs, b.AtMs) }
	if !slices.IsSortedFunc(t.Timeline, ordered) {
		return errors.New("the buckets of the timeline are not in the order of time")
	}
	return nil
}

func checkCost(c result.Cost) error {
	for _, x := range []float64{c.Construct.Ns, c.Verify.Ns} {
		if !(x > 0) || math.IsInf(x, 0) {
			return fmt.Errorf("a time of %v ns per operation is impossible", x)
		}
	}
	if c.Scheme == "" || c.T < 0 {
		return fmt.Errorf("scheme %q at t = %d is impossible", c.Scheme, c.T)
	}
	return nil
}
