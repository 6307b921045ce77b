package plots

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A Key says what was measured: points that share it are repetitions of one measurement.
type Key struct {
	Figure     string // "2a" … or empty
	Protocol   string
	Variant    string
	Suite      string
	Durability string
	Op         string // "read" or "write"
	T          int
	ValueBytes int
	Clients    int
	Arrival    string  // of an open loop, or empty
	Rate       float64 // of an open loop, per second, or 0
}

// A Cell is one measurement with all its repetitions.
type Cell struct {
	Key
	Set     *result.Set    // the one run that all repetitions come from
	Valid   []result.Point // in the order of their repetitions
	Invalid []result.Point // left out of every estimate
}

// Estimate estimates a quantity from the valid repetitions.
func (c Cell) Estimate(of func(result.Point) float64) Estimate {
	x := make([]float64, len(c.Valid))
	for i, p := range c.Valid {
		x[i] = of(p)
	}
	return NewEstimate(x)
}

// Throughput is in MB of values per second, 10^6 bytes each.
func (c Cell) Throughput() Estimate { return c.Estimate(throughputMBps) }

// Ops is the throughput in operations per second.
func (c Cell) Ops() Estimate {
	return c.Estimate(func(p result.Point) float64 { return p.ThroughputOps })
}

// Latency is the mean latency in ms.
func (c Cell) Latency() Estimate {
	return c.Estimate(func(p result.Point) float64 { return p.LatencyMs.Mean })
}

// Predicted is the interval in ms in which the cost model expects the mean latency of one client, or 0 to 0 if it is
// not known because the network was not shaped.
func (c Cell) Predicted() result.Interval {
	return result.Interval{
		Low:  c.mean(func(p result.Point) float64 { return p.Predicted.Low }),
		High: c.mean(func(p result.Point) float64 { return p.Predicted.High }),
	}
}

// Bound is the network bound in MB/s, or 0 if it is not known because the network was not shaped.
func (c Cell) Bound() float64 {
	return c.mean(func(p result.Point) float64 { return p.BoundMBps })
}

// mean is the mean over the valid repetitions, or 0 if there is none.
func (c Cell) mean(of func(result.Point) float64) float64 { return c.Estimate(of).Mean }

// All is every repetition, also the invalid ones.
func (c Cell) All() []result.Point { return slices.Concat(c.Valid, c.Invalid) }

func throughputMBps(p result.Point) float64 { return p.ThroughputMBps }
func latencyMean(p result.Point) float64    { return p.LatencyMs.Mean }
func p50(p result.Point) float64            { return p.LatencyMs.P50 }
func p99(p result.Point) float64            { return p.LatencyMs.P99 }

// Cells gathers the points of the sets into cells, ordered by figure, operation, t, value size, protocol and clients.
// It refuses points that no figure or table could show truthfully: of an unknown figure, with impossible parameters, or
// of the same measurement in two sets, whose repetitions were not made under the same circumstances.
func Cells(sets []*result.Set) ([]Cell, error) {
	byKey := map[Key]*Cell{}
	for _, s := range sets {
		for i, p := range s.Points {
			if err := checkPoint(p); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", pointsFile(s), i+1, err)
			}
			c := byKey[keyOf(p)]
			if c == nil {
				c = &Cell{Key: keyOf(p), Set: s}
				byKey[c.Key] = c
			}
			if err := c.add(s, p); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", pointsFile(s), i+1, err)
			}
		}
	}
	cells := make([]Cell, 0, len(byKey))
	for _, c := range byKey {
		slices.SortStableFunc(c.Valid, func(a, b result.Point) int { return cmp.Compare(a.Repetition, b.Repetition) })
		cells = append(cells, *c)
	}
	slices.SortFunc(cells, func(a, b Cell) int { return compareKeys(a.Key, b.Key) })
	return cells, nil
}

func keyOf(p result.Point) Key {
	k := Key{
		Figure: p.Figure, Protocol: p.Protocol, Variant: p.Variant, Suite: p.Suite, Durability: p.Durability,
		Op: p.Op, T: p.T, ValueBytes: p.ValueBytes, Clients: p.Clients, Rate: p.Rate,
	}
	if p.Open() {
		k.Arrival = p.Arrival
	}
	return k
}

func (c *Cell) add(s *result.Set, p result.Point) error {
	if c.Set != s {
		return fmt.Errorf("%s was also measured in %s: give only one of the two runs", c.Key, c.Set.Dir)
	}
	if !p.Valid {
		c.Invalid = append(c.Invalid, p)
		return nil
	}
	if slices.ContainsFunc(c.Valid, func(q result.Point) bool { return q.Repetition == p.Repetition }) {
		return fmt.Errorf("a second valid point for repetition %d of %s: remove one of the two lines",
			p.Repetition, c.Key)
	}
	c.Valid = append(c.Valid, p)
	return nil
}

// String names the measurement for error messages.
func (k Key) String() string {
	s := fmt.Sprintf("%s %s at t = %d, %s values, %s",
		k.system().name(), opName(k.Op), k.T, sizeName(k.ValueBytes), count(k.Clients, "client"))
	if k.open() {
		s += fmt.Sprintf(" at %g/s", k.Rate)
	}
	return s
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Figure, b.Figure), cmp.Compare(a.Op, b.Op), cmp.Compare(a.T, b.T),
		cmp.Compare(a.ValueBytes, b.ValueBytes), compareProtocols(a.Protocol, b.Protocol),
		cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Clients, b.Clients), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Suite, b.Suite),
		cmp.Compare(a.Durability, b.Durability), cmp.Compare(a.Arrival, b.Arrival))
}

func checkPoint(p result.Point) error {
	if _, ok := known[p.Figure]; !ok && p.Figure != "" {
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

func pointsFile(s *result.Set) string { return filepath.Join(s.Dir, result.PointsFile) }
