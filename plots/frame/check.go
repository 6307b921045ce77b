package frame

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

func checkPoint(p result.Point) error {
	if _, ok := figures[p.Figure]; !ok && p.Figure != "" {
		return fmt.Errorf("unknown figure %q: this powbench draws %s", p.Figure, strings.Join(Figures(), ", "))
	}
	if !result.IsOp(p.Op) {
		return fmt.Errorf("unknown operation %q: it is read, write or a mix such as 95%% read", p.Op)
	}
	if p.Attack != "" && p.Figure != "" && p.Figure != Capacity {
		return fmt.Errorf("a point under attack %s in figure %s, which does not tell attacks apart", p.Attack, p.Figure)
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
	if (p.KeyModel == result.Zipf) != (p.Skew > 0) || p.KeyModel == result.Zipf && p.Keys < 1 {
		return fmt.Errorf("key_model %q with a skew of %v over %d keys: %s has both, no other model has a skew",
			p.KeyModel, p.Skew, p.Keys, result.Zipf)
	}
	if low, high := p.Predicted.Low, p.Predicted.High; !(0 <= low && low <= high) {
		return fmt.Errorf("the predicted latency must lie between 0 and its high end, not from %v to %v", low, high)
	}
	return nil
}
