package frame

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// A Key says what was measured: points that share it are repetitions of one measurement.
type Key struct {
	Figure string // "2a" … or empty
	result.Series
	result.Load // its Arrival is empty in a closed loop
}

// A Cell is one measurement with all its repetitions.
type Cell struct {
	Key
	System   System
	Searched bool // is the number of clients, which the experiment does not name
	Runs[result.Point]
	latencies, services percentiles
}

// Quantities of points.
var (
	ThroughputMBps = func(p result.Point) float64 { return p.ThroughputMBps } // of values, 10^6 bytes each
	ThroughputOps  = func(p result.Point) float64 { return p.ThroughputOps }  // operations per second
	LatencyMean    = func(p result.Point) float64 { return p.LatencyMs.Mean } // ms
)

// ReadLatency and WriteLatency are the mean latencies of one kind of operations, in ms; 0 if there are none.
func ReadLatency(p result.Point) float64 { return ofKind(p, p.ReadOps, p.Reads()) }

// WriteLatency is described at ReadLatency.
func WriteLatency(p result.Point) float64 { return ofKind(p, p.WriteOps, p.Writes()) }

// ofKind is that of the kind's part of a mix, or of a load that has that kind alone.
func ofKind(p result.Point, part *result.KindOf, has bool) float64 {
	switch {
	case part != nil:
		return part.LatencyMs.Mean
	case has:
		return p.LatencyMs.Mean
	}
	return 0
}

// Throughput is in MB of values per second, 10^6 bytes each.
func (c Cell) Throughput() stat.Estimate { return c.Estimate(ThroughputMBps) }

// Latency is the mean latency in ms.
func (c Cell) Latency() stat.Estimate { return c.Estimate(LatencyMean) }

// Predicted is the range in which the cost model expects one client's mean latency, in ms; 0 if links were not shaped.
func (c Cell) Predicted() result.Interval {
	return result.Interval{
		Low:  c.Mean(func(p result.Point) float64 { return p.Predicted.Low }),
		High: c.Mean(func(p result.Point) float64 { return p.Predicted.High }),
	}
}

// Bound is the network bound in MB/s; 0 if the network was not shaped.
func (c Cell) Bound() float64 { return c.Mean(func(p result.Point) float64 { return p.BoundMBps }) }

// BoundOf is the protocol's network bound in MB/s, the same for all its cells except for the calibration, or 0.
func BoundOf(protocol string, cells []Cell) float64 {
	var bounds []float64
	for _, c := range cells {
		if b := c.Bound(); b > 0 && c.Protocol == protocol {
			bounds = append(bounds, b)
		}
	}
	return stat.NewEstimate(bounds).Mean
}

// Deviation is how far a direction's bytes on the wire are from the exact cost model's in the repetition, valid or not, in
// which they are farthest: a share, as result.Point.Deviation tells. It is known if it is of any repetition.
func (c Cell) Deviation(direction func(result.TrafficFactor) float64) (farthest float64, known bool) {
	for _, p := range c.All() {
		if d, ok := p.Deviation(p.WireFactor); ok {
			known = true
			if x := direction(d); math.Abs(x) > math.Abs(farthest) {
				farthest = x
			}
		}
	}
	return farthest, known
}

// IsClosed reports whether each of the cell's clients began an operation when its last had ended.
func IsClosed(c Cell) bool { return !IsOpen(c) }

// IsOpen reports whether the cell's operations arrived by themselves.
func IsOpen(c Cell) bool { return c.Rate > 0 }

// KeyModel names the way in which the clients of a point draw keys, such as "zipf 0.99 of 1000", with the skew of Zipf's law
// and the number of keys that it is over. In the other models the number follows from that of the clients.
func KeyModel(p result.Point) string {
	if p.KeyModel == result.Zipf {
		return fmt.Sprintf("%s %v of %d", p.KeyModel, p.Skew, p.Keys)
	}
	return cmp.Or(p.KeyModel, result.Uniform)
}

// NotUniform reports whether some repetition drew keys in another way than uniformly.
func (c Cell) NotUniform() bool {
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

// SetUp is variant, suite and durability, and TLS where it carries the connections.
func (c Cell) SetUp() string {
	s := c.Variant + "/" + c.Suite + "/" + c.Durability
	if c.Auth != "" {
		s += "/" + c.Auth
	}
	return s
}

// String names the measurement for captions and error messages.
func (c Cell) String() string {
	s := fmt.Sprintf("%s %s at t = %d, %s values, %s", c.System.Name(), stat.OpName(c.Op), c.T, SizeName(c.Series),
		stat.Count(c.Clients, "client"))
	if IsOpen(c) {
		s += fmt.Sprintf(" at %g/s", c.Rate)
	}
	if c.Ignores() {
		s += " that ignore what servers owe"
	}
	return s
}

// Cells gathers the points of the sets into cells, ordered by figure, operation, t, value size, protocol and clients.
// It refuses points that no figure or table could show truthfully: of an unknown figure, with impossible parameters, or
// of the same measurement in two sets, whose repetitions were not made under the same circumstances.
func Cells(sets []*result.Set) ([]Cell, error) {
	known := systemsOf(sets)
	newCell := func(k Key) Cell {
		s := known.of(k.Protocol, k.Variant)
		if k.Suite != result.Paper {
			s.SetUp += ", " + k.Suite + " suite"
		}
		if k.Durability != result.UsualDurability {
			s.SetUp += ", " + k.Durability
		}
		if k.SlowServer != 0 {
			s.SetUp += ", one server at " + k.SlowServer.String()
		}
		if k.Auth == result.TLS {
			s.SetUp += ", TLS"
		}
		if k.Attack != "" {
			s.SetUp += ", under " + k.Attack
		}
		return Cell{Key: k, System: s}
	}
	points := func(s *result.Set) []result.Point { return s.Points }
	found, err := gather(sets, result.PointsFile, points, func(p result.Point) (repetition[Key], error) {
		return repetition[Key]{keyOf(p), newCell(keyOf(p)).String(), p.Repetition, p.Valid}, checkPoint(p)
	})
	if err != nil {
		return nil, err
	}
	cells := make([]Cell, 0, len(found))
	named := map[*result.Set]result.Clients{}
	for _, s := range sets {
		named[s] = clientsOf(s)
	}
	for k, runs := range found {
		c := newCell(k)
		c.Runs = *runs
		c.latencies = percentilesOf(c.Valid, func(p result.Point) string { return p.Histogram })
		c.services = percentilesOf(c.Valid, func(p result.Point) string { return p.ServiceHistogram })
		c.Searched = len(c.Set.Manifest.Searches) > 0 && IsClosed(c) && !slices.Contains(named[c.Set], c.Clients)
		cells = append(cells, c)
	}
	slices.SortFunc(cells, compareCells)
	return cells, nil
}

// clientsOf is the numbers of clients that the set's experiment names; none if that is not known.
func clientsOf(s *result.Set) result.Clients {
	var p result.Plan
	if json.Unmarshal(s.Manifest.Config, &p) != nil {
		return nil
	}
	return p.Clients
}

func keyOf(p result.Point) Key {
	k := Key{Figure: p.Figure, Series: p.Series, Load: p.Load}
	if !p.Open() {
		k.Arrival = ""
	}
	return k
}

func compareCells(a, b Cell) int {
	return cmp.Or(cmp.Compare(a.Figure, b.Figure), cmp.Compare(a.Op, b.Op), cmp.Compare(a.T, b.T),
		cmp.Compare(a.ValueBytes, b.ValueBytes), cmp.Compare(a.Series.Size(), b.Series.Size()), a.System.compareProtocol(b.System),
		cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Clients, b.Clients), cmp.Compare(a.Variant, b.Variant),
		cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Durability, b.Durability), cmp.Compare(a.Arrival, b.Arrival),
		cmp.Compare(a.SlowServer, b.SlowServer), cmp.Compare(a.Owed, b.Owed), cmp.Compare(a.Auth, b.Auth),
		cmp.Compare(a.Attack, b.Attack), cmp.Compare(a.Record, b.Record))
}

// figures are those that points may be of: what is drawn, and what makes a table.
var figures = map[string]struct {
	wan   bool // only a network with delays makes this figure
	table bool // its points make a table of the summary and nothing to draw
}{
	"2a": {}, "2b": {}, "2c": {}, "2d": {wan: true}, "wan": {wan: true}, "single": {},
	Ablation: {}, SetUp: {}, Open: {}, Sizes: {}, Registers: {}, Growth: {}, Sustain: {}, LimitsFigure: {}, Mix: {}, Capacity: {}, Auth: {}, Owed: {table: true}, Recorder: {table: true},
	Counts: {table: true},
}

// The figures that set variants, suites and durabilities, open and closed loops, and sizes of values side by side.
const (
	Ablation = "ablation"
	SetUp    = "setup"
	Open     = "open"
	Sizes    = "sizes"
)

// The figures of all registers: side by side, and what more servers cost them.
const (
	Registers = "registers"
	Growth    = "growth"
)

// LimitsFigure is the figure that sets protocols beside their ceilings.
const LimitsFigure = "limits"

// Auth is the figure of what TLS with certificates costs.
const Auth = "auth"

// Sustain is the figure of the course of long loads.
const Sustain = "sustained"

// Mix is the figure of READs and WRITEs mixed.
const Mix = "mixed"

// Capacity is the figure of the highest rates that keep an objective, under attack or not.
const Capacity = "capacity"

// What makes a table: the paper's Table 3, and what the wait for owed replies does.
const (
	Counts = "table3"
	Owed   = "owed"
	// Recorder is what it costs the load to record what it does.
	Recorder = "recorder"
)

// Figures is the names of the figures that points may be of, such as "2b", sorted.
func Figures() []string { return slices.Sorted(maps.Keys(figures)) }

// ForTable reports whether the figure's points make a table of the summary and nothing to draw.
func ForTable(figure string) bool { return figures[figure].table }

// NeedsWAN reports whether only a network with delays makes the figure.
func NeedsWAN(figure string) bool { return figures[figure].wan }

// InWAN reports whether the run was one over links with delays, or should have been.
func InWAN(s *result.Set) bool {
	return len(s.Manifest.Testbed.Delays) > 0 || NeedsWAN(s.Manifest.Figure) ||
		slices.ContainsFunc(s.Points, func(p result.Point) bool { return NeedsWAN(p.Figure) })
}

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
	needed := []float64{p.ThroughputMBps, p.ThroughputOps}
	if !p.Unrecorded() {
		needed = append(needed, p.LatencyMs.Mean)
	}
	for _, x := range needed {
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
