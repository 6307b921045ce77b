package frame

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

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

// Planned are cells of the figure before they are measured: they have no runs.
func Planned(figure string, planned []result.Cell) (cells []Cell) {
	for _, c := range planned {
		cells = append(cells, Cell{Key: keyOf(result.Point{Figure: figure, Series: c.Series, Load: c.Load})})
	}
	return cells
}

func compareCells(a, b Cell) int {
	return cmp.Or(cmp.Compare(a.Figure, b.Figure), cmp.Compare(a.Op, b.Op), cmp.Compare(a.T, b.T),
		cmp.Compare(a.ValueBytes, b.ValueBytes), cmp.Compare(a.Series.Size(), b.Series.Size()), a.System.compareProtocol(b.System),
		cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Clients, b.Clients), cmp.Compare(a.Variant, b.Variant),
		cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Durability, b.Durability), cmp.Compare(a.Arrival, b.Arrival),
		cmp.Compare(a.SlowServer, b.SlowServer), cmp.Compare(a.Owed, b.Owed), cmp.Compare(a.Auth, b.Auth),
		cmp.Compare(a.Attack, b.Attack), cmp.Compare(a.Record, b.Record))
}
