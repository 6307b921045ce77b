// Package frame gathers what result sets hold by what was measured: points into cells of repetitions, costs, trials. It
// refuses what no figure or table could show truthfully, and pairs, compares and sums up what belongs together.
//
// It imports stat, look and harness/result; caption, figures, tables, sink and quantity may import it.
package frame

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A Key says what was measured: points that share it are repetitions of one measurement. The arrival of a closed loop is
// empty.
type Key struct {
	Figure string // "2a" … or empty
	result.Series
	result.Load
}

// String names the measurement for error messages.
func (k Key) String() string {
	s := fmt.Sprintf("%s %s at t = %d, %s values, %s",
		k.System().Name(), stat.OpName(k.Op), k.T, stat.SizeName(k.ValueBytes), stat.Count(k.Clients, "client"))
	if k.Open() {
		s += fmt.Sprintf(" at %g/s", k.Rate)
	}
	return s
}

// A Cell is one measurement with all its repetitions.
type Cell struct {
	Key
	Set     *result.Set    // the one run that all repetitions come from
	Valid   []result.Point // in the order of their repetitions
	Invalid []result.Point // left out of every estimate
}

// Estimate estimates a quantity from the valid repetitions.
func (c Cell) Estimate(of func(result.Point) float64) stat.Estimate {
	x := make([]float64, len(c.Valid))
	for i, p := range c.Valid {
		x[i] = of(p)
	}
	return stat.NewEstimate(x)
}

// Throughput is in MB of values per second, 10^6 bytes each.
func (c Cell) Throughput() stat.Estimate { return c.Estimate(throughputMBps) }

// Ops is the throughput in operations per second.
func (c Cell) Ops() stat.Estimate {
	return c.Estimate(func(p result.Point) float64 { return p.ThroughputOps })
}

// Latency is the mean latency in ms.
func (c Cell) Latency() stat.Estimate {
	return c.Estimate(func(p result.Point) float64 { return p.LatencyMs.Mean })
}

// Predicted is the interval in ms in which the cost model expects the mean latency of one client, or 0 to 0 if it is
// not known because the network was not shaped.
func (c Cell) Predicted() result.Interval {
	return result.Interval{
		Low:  c.Mean(func(p result.Point) float64 { return p.Predicted.Low }),
		High: c.Mean(func(p result.Point) float64 { return p.Predicted.High }),
	}
}

// Bound is the network bound in MB/s, or 0 if it is not known because the network was not shaped.
func (c Cell) Bound() float64 {
	return c.Mean(func(p result.Point) float64 { return p.BoundMBps })
}

// Mean is the mean over the valid repetitions, or 0 if there is none.
func (c Cell) Mean(of func(result.Point) float64) float64 { return c.Estimate(of).Mean }

// All is every repetition, also the invalid ones.
func (c Cell) All() []result.Point { return slices.Concat(c.Valid, c.Invalid) }

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

// Hot reports whether some repetition drew keys in another way than uniformly.
func (c Cell) Hot() bool {
	return slices.ContainsFunc(c.All(), func(p result.Point) bool { return KeyModel(p) != result.Uniform })
}

// Background is the largest share of all bytes that the writer beside READs took in a repetition.
func (c Cell) Background() float64 {
	share := 0.0
	for _, p := range c.All() {
		share = max(share, p.Background.Share)
	}
	return share
}

// cost is the cost model's traffic in the busier direction, in multiples of the value's size; 0 if not known.
func (c Cell) cost() float64 {
	var cost float64
	for _, p := range c.All() {
		cost = max(cost, p.CostFactor.ClientToServer, p.CostFactor.ServerToClient)
	}
	return cost
}

// Wan reports whether the cell's run was one over links with delays.
func (c Cell) Wan() bool { return InWAN(c.Set) }

func throughputMBps(p result.Point) float64 { return p.ThroughputMBps }

func LatencyMean(p result.Point) float64 { return p.LatencyMs.Mean }

func P50(p result.Point) float64 { return p.LatencyMs.P50 }

func P99(p result.Point) float64 { return p.LatencyMs.P99 }

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
	k := Key{Figure: p.Figure, Series: p.Series, Load: p.Load}
	if !p.Open() {
		k.Arrival = ""
	}
	return k
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Figure, b.Figure), cmp.Compare(a.Op, b.Op), cmp.Compare(a.T, b.T),
		cmp.Compare(a.ValueBytes, b.ValueBytes), look.Compare(a.Protocol, b.Protocol),
		cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Clients, b.Clients), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Suite, b.Suite),
		cmp.Compare(a.Durability, b.Durability), cmp.Compare(a.Arrival, b.Arrival))
}

func pointsFile(s *result.Set) string { return filepath.Join(s.Dir, result.PointsFile) }

func IsClosed(c Cell) bool { return !c.Open() }

func IsOpen(c Cell) bool { return c.Open() }
