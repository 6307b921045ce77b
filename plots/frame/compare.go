package frame

import (
	"errors"
	"fmt"
	"math"
	"slices"

	vgstat "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// A change is what became of one quantity of one measurement from run A to run B.
type change struct {
	A, B stat.Estimate // as in figures
	// ratio is B / A of the geometric means, low and high are its 95 % confidence interval; 0 where they are not known.
	ratio, low, high float64
	// p is the probability of a ratio at least as far from 1 if nothing had changed; 1 without an interval.
	p float64
}

// HasInterval reports whether there is an interval.
func (c change) HasInterval() bool { return c.low > 0 }

// Excludes1 reports whether the whole interval lies on one side of 1.
func (c change) Excludes1() bool { return c.low > 1 || c.HasInterval() && c.high < 1 }

// String formats c as "1.10 [1.07, 1.13]", "1.10" without an interval, and "–" without a ratio.
func (c change) String() string {
	switch {
	case c.ratio == 0:
		return stat.Missing
	case !c.HasInterval():
		return fmt.Sprintf("%.3f", c.ratio)
	default:
		return fmt.Sprintf("%.3f [%.3f, %.3f]", c.ratio, c.low, c.high)
	}
}

// Verdict says what the change is, of a quantity that is better when it is higher, or when it is lower. By itself, an
// interval that excludes 1 is a "faster?"; it takes Holm's method, with regard to all the others, to be a "faster".
func (c change) Verdict(higherIsBetter, holds bool) string {
	switch {
	case c.Excludes1():
		v := "slower"
		if c.ratio > 1 == higherIsBetter {
			v = "faster"
		}
		if !holds {
			v += "?"
		}
		return v
	case !c.HasInterval() || c.high/c.low > tellable*tellable:
		return TooFew
	default:
		return NoDifference
	}
}

// newChange compares what two runs measured of a quantity that is above 0. Two runs' repetitions are independent, and
// nothing says that both are equally noisy: that takes Welch's t. A ratio is skewed and its logarithm is not, so it takes
// the logarithms. Repetitions that are all alike, in both runs, tell nothing of the noise: then there is no interval.
func newChange(a, b Cell, of func(result.Point) float64) change {
	c := change{A: a.Estimate(of), B: b.Estimate(of), p: 1}
	x, y := logs(a, of), logs(b, of)
	if len(x) == 0 || len(y) == 0 {
		return c
	}
	difference := vgstat.Mean(y, nil) - vgstat.Mean(x, nil)
	c.ratio = math.Exp(difference)
	if len(x) < 2 || len(y) < 2 {
		return c
	}
	if e, degrees := stat.Welch(x, y); e > 0 {
		t := distuv.StudentsT{Sigma: 1, Nu: degrees}
		half := t.Quantile((1+stat.Confidence)/2) * e
		c.low, c.high = math.Exp(difference-half), math.Exp(difference+half)
		c.p = 2 * t.Survival(math.Abs(difference)/e)
	}
	return c
}

// logs are the natural logarithms of a quantity in the valid repetitions that recorded it.
func logs(c Cell, of func(result.Point) float64) []float64 {
	var x []float64
	for _, p := range c.Valid {
		if of(p) > 0 {
			x = append(x, math.Log(of(p)))
		}
	}
	return x
}

// tellable is the difference, either way, that an interval around 1 must be able to tell before it speaks of none.
const tellable = 1.1

const (
	NoDifference = "no difference found"
	TooFew       = "too few samples to tell"
)

// Aspects are the quantities that are compared.
var Aspects = []struct {
	Title          string
	of             func(result.Point) float64
	HigherIsBetter bool
}{
	{"Throughput (MB/s)", throughputMBps, true},
	{"Mean latency (ms)", LatencyMean, false},
	{"p99 latency (ms)", P99, false},
}

// A couple is a measurement in both runs. Their numbers of clients differ only if both runs searched for it.
type Couple struct{ A, B Cell }

// Searched reports whether the set's numbers of clients were searched for.
func Searched(s *result.Set) bool { return len(s.Manifest.Searches) > 0 }

// Match finds each measurement of one run in the other, if need be with any number of clients.
func Match(inA, inB []Cell, anyClients bool) (couples []Couple, onlyA, onlyB []Cell) {
	onlyB = slices.Clone(inB)
	for _, a := range inA {
		i := slices.IndexFunc(onlyB, func(b Cell) bool {
			if anyClients {
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

// A finding is what became of one aspect of a couple.
type Finding struct {
	Aspect int
	Couple Couple
	Change change
	Holds  bool // by Holm's method, among all findings
}

// Findings are every aspect of every couple, except for latencies under different numbers of clients: these do not compare.
func Findings(couples []Couple) []Finding {
	var found []Finding
	var tested []int // the findings with an interval
	var p []float64  // of these
	for i, aspect := range Aspects {
		for _, c := range couples {
			if aspect.HigherIsBetter || c.A.Clients == c.B.Clients {
				change := newChange(c.A, c.B, aspect.of)
				if change.HasInterval() {
					tested, p = append(tested, len(found)), append(p, change.p)
				}
				found = append(found, Finding{Aspect: i, Couple: c, Change: change})
			}
		}
	}
	for i, rejected := range stat.Holm(p) {
		found[tested[i]].Holds = rejected
	}
	return found
}

func PointsOf(s *result.Set) ([]Cell, error) {
	if len(s.Points) == 0 {
		return nil, fmt.Errorf("%s: %w", s.Dir, ErrNoPoints)
	}
	return Cells([]*result.Set{s})
}

// ErrNoPoints says that a set has nothing to compare or export.
var ErrNoPoints = errors.New("no points there: name the folder of a run of an experiment that measured some")
