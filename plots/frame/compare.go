package frame

import (
	"errors"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// Peaks reduces the cells of closed loops that differ only in the number of clients to the one with the highest mean
// throughput: the peak throughput, as the paper defines it. Where no cell has a valid point, the first stands for all.
func Peaks(cells []Cell) []Cell {
	var peaks []Cell
	for _, c := range Keep(cells, IsClosed) {
		same := func(o Cell) bool { o.Clients = c.Clients; return o.Key == c.Key }
		if i := slices.IndexFunc(peaks, same); i < 0 {
			peaks = append(peaks, c)
		} else if c.Throughput().Mean > peaks[i].Throughput().Mean {
			peaks[i] = c
		}
	}
	return peaks
}

// A Ratio compares two measurements: Over / Under.
type Ratio struct {
	Over, Under Cell
	stat.Ratio
	// Model is the ratio of throughputs that the network alone predicts, from the cost model; 0 if it is not known.
	Model float64
}

// RatioOf pairs two cells by repetition, because both are measured once in each and so suffer the same noise.
func RatioOf(over, under Cell, of func(result.Point) float64) Ratio {
	var x, y []float64
	for _, p := range over.Valid {
		same := func(q result.Point) bool { return q.Repetition == p.Repetition }
		if i := slices.IndexFunc(under.Valid, same); i >= 0 {
			x, y = append(x, of(p)), append(y, of(under.Valid[i]))
		}
	}
	r := Ratio{Over: over, Under: under, Ratio: stat.Paired(x, y)}
	if a, b := over.cost(), under.cost(); a > 0 && b > 0 {
		r.Model = b / a
	}
	return r
}

// cost is the cost model's traffic in the busier direction, in multiples of the value's size; 0 if not known.
func (c Cell) cost() float64 {
	var cost float64
	for _, p := range c.All() {
		of := 1. // the model's multiples are of the distribution's mean
		if p.MeanBytes > 0 {
			of = float64(p.ValueBytes) / p.MeanBytes
		}
		cost = max(cost, of*p.Model().ClientToServer, of*p.Model().ServerToClient)
	}
	return cost
}

// Ratios compares the peak throughput of M-PoWerStore with each other protocol's, in the same figure and set-up, at the
// same operation, t and value size, wherever both were measured.
func Ratios(cells []Cell) []Ratio {
	var ratios []Ratio
	peaks := Peaks(cells)
	for _, over := range peaks {
		if over.Protocol != "mpowerstore" {
			continue
		}
		for _, under := range peaks {
			k := under.Key
			k.Protocol, k.Clients = over.Protocol, over.Clients
			if k == over.Key && under.Protocol != over.Protocol {
				ratios = append(ratios, RatioOf(over, under, ThroughputMBps))
			}
		}
	}
	return ratios
}

// ErrNoPoints says that a set has nothing to compare or export.
var ErrNoPoints = errors.New("no points there: name the folder of a run of an experiment that measured some")

// PointsOf is the cells of one set, which must have some.
func PointsOf(s *result.Set) ([]Cell, error) {
	if len(s.Points) == 0 {
		return nil, fmt.Errorf("%s: %w", s.Dir, ErrNoPoints)
	}
	return Cells([]*result.Set{s})
}

// A Couple is a measurement in both of two runs. Their numbers of clients differ only if both runs searched for it.
type Couple struct{ A, B Cell }

// Match finds each measurement of one run in the other.
func Match(inA, inB []Cell) (couples []Couple, onlyA, onlyB []Cell) {
	onlyB = slices.Clone(inB)
	for _, a := range inA {
		i := slices.IndexFunc(onlyB, func(b Cell) bool {
			if a.Searched && b.Searched {
				b.Clients = a.Clients
			}
			return a.Key == b.Key
		})
		if i < 0 {
			onlyA = append(onlyA, a)
			continue
		}
		couples = append(couples, Couple{a, onlyB[i]})
		onlyB = slices.Delete(onlyB, i, i+1)
	}
	return couples, onlyA, onlyB
}

// An Aspect is a quantity that is compared.
type Aspect struct {
	Title          string
	of             func(result.Point) float64
	share          float64 // of all operations' latencies, in place of a quantity of each repetition
	higherIsBetter bool
}

// Aspects are the quantities that are compared.
var Aspects = []Aspect{
	{Title: "Throughput (MB/s)", of: ThroughputMBps, higherIsBetter: true},
	{Title: "Mean latency (ms)", of: LatencyMean},
	{Title: "p99 latency (ms)", share: P99},
}

// Note says how the aspect is to be read, if that needs saying.
func (a Aspect) Note() []string {
	if a.share == 0 {
		return nil
	}
	return []string{PercentileNote(a.share) + " Intervals are by what is left without each of the runs (jackknife)."}
}

// A Finding compares one aspect of a couple: B / A.
type Finding struct {
	Aspect int
	Couple
	Before, After string // A and B, with their intervals
	stat.Ratio
	Holds bool // by Holm's method, among all findings
}

// newFinding compares what two runs measured. Their repetitions are independent.
func newFinding(aspect int, c Couple) Finding {
	f := Finding{Aspect: aspect, Couple: c}
	if share := Aspects[aspect].share; share > 0 {
		a, b := c.A.Percentile(share), c.B.Percentile(share)
		f.Before, f.After, f.Ratio = a.WithInterval(), b.WithInterval(), stat.Unpaired(b.Worths, a.Worths)
		return f
	}
	of := Aspects[aspect].of
	f.Before, f.After = c.A.Estimate(of).String(), c.B.Estimate(of).String()
	f.Ratio = stat.Unpaired(c.B.Values(of), c.A.Values(of))
	return f
}

// Findings are every aspect of every couple, except for latencies under different numbers of clients: these do not compare.
func Findings(couples []Couple) []Finding {
	var found []Finding
	var tested []int // the findings with an interval
	var p []float64  // of these
	for i, aspect := range Aspects {
		for _, c := range couples {
			if aspect.higherIsBetter || c.A.Clients == c.B.Clients {
				f := newFinding(i, c)
				if f.HasInterval() {
					tested, p = append(tested, len(found)), append(p, f.P)
				}
				found = append(found, f)
			}
		}
	}
	for i, rejected := range stat.Holm(p) {
		found[tested[i]].Holds = rejected
	}
	return found
}

// Loss is by how much B is worse than A for sure, as a share of A: by all of the interval, and by Holm's method too. It is 0
// where that is not sure.
func (f Finding) Loss() float64 {
	if !f.Holds || !f.Excludes1() || f.Value > 1 == Aspects[f.Aspect].higherIsBetter {
		return 0
	}
	if Aspects[f.Aspect].higherIsBetter {
		return 1 - f.High
	}
	return f.Low - 1
}

// tellable is the difference, either way, that an interval around 1 must be able to tell before it speaks of none.
const tellable = 1.1

// Verdicts on findings, beside faster and slower.
const (
	NoDifference = "no difference found"
	TooFew       = "too few samples to tell"
)

// Verdict says what the finding is: with a question mark if the interval excludes 1 only by itself, not by Holm's method.
func (f Finding) Verdict() string {
	switch {
	case f.Excludes1():
		v := "slower"
		if f.Value > 1 == Aspects[f.Aspect].higherIsBetter {
			v = "faster"
		}
		if !f.Holds {
			v += "?"
		}
		return v
	case !f.HasInterval() || f.High/f.Low > tellable*tellable:
		return TooFew
	default:
		return NoDifference
	}
}
