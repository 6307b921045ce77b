package query

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/powbench/powbench/plots/stat"
)

// A Quantity is a number with the measurements that it rests on.
type Quantity struct {
	samples   map[int]float64 // by repetition
	exact     bool
	geometric bool // a ratio, of which the geometric mean is taken
	// The number is scale · x + shift, where x is the mean of the samples; if it is exact, it is shift.
	scale, shift float64

	Missing []string // measurements that the results lack; then nothing else is known
	Few     []string // percentiles that its operations do not support; then nothing else is known either
	Points  []string // IDs of the points and trials that it rests on
}

// Exact is a number that is not estimated.
func Exact(x float64) Quantity { return Quantity{exact: true, shift: x} }

// missing is a quantity that was not measured.
func missing(what string) Quantity { return Quantity{Missing: []string{what}} }

// Known reports whether everything that it takes was measured, with enough operations.
func (q Quantity) Known() bool { return len(q.Missing)+len(q.Few) == 0 }

// over joins the points that two quantities rest on, and those that they lack.
func (q Quantity) over(p Quantity) Quantity {
	return Quantity{
		scale: 1, Missing: join(q.Missing, p.Missing), Few: join(q.Few, p.Few), Points: join(q.Points, p.Points),
	}
}

func join(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func (q Quantity) plus(p Quantity) Quantity {
	return q.with(p, func(x float64) (scale, shift float64) { return 1, x }, func(a, b float64) float64 { return a + b })
}

func (q Quantity) minus(p Quantity) Quantity { return q.plus(p.times(Exact(-1))) }

func (q Quantity) times(p Quantity) Quantity {
	return q.with(p, func(x float64) (scale, shift float64) { return x, 0 }, func(a, b float64) float64 { return a * b })
}

// with combines q and p in either order: by exact if one of them is, or else their samples.
func (q Quantity) with(p Quantity, exact func(float64) (scale, shift float64), of func(a, b float64) float64) Quantity {
	if q.exact {
		q, p = p, q
	}
	if !p.exact || !q.Known() {
		return q.pair(p, of)
	}
	scale, shift := exact(p.shift)
	return q.affine(scale, shift, p)
}

func (q Quantity) by(p Quantity) Quantity {
	switch {
	case p.exact && p.shift == 0:
		return missing("something to divide by: " + list(p.Points) + " is 0")
	case p.exact && q.Known():
		return q.affine(1/p.shift, 0, p)
	}
	r := q.pair(p, func(a, b float64) float64 { return a / b })
	r.geometric = true
	return r
}

// affine is scale · q + shift, because of p.
func (q Quantity) affine(scale, shift float64, p Quantity) Quantity {
	q.scale, q.shift = q.scale*scale, q.shift*scale+shift
	q.Points = join(q.Points, p.Points)
	return q
}

// pair combines the samples of each repetition that both have. One of them may be exact: it is the same in all.
func (q Quantity) pair(p Quantity, of func(a, b float64) float64) Quantity {
	r := q.over(p)
	if !r.Known() {
		return r
	}
	r.samples = map[int]float64{}
	repetitions := q.samples
	if q.exact {
		repetitions = p.samples
	}
	for repetition := range repetitions {
		a, known := q.sample(repetition)
		b, also := p.sample(repetition)
		if known && also {
			r.samples[repetition] = of(a, b)
		}
	}
	if len(r.samples) == 0 {
		r.Missing = []string{"a repetition in which " + list(q.Points) + " and " + list(p.Points) + " are both valid"}
	}
	return r
}

func (q Quantity) sample(repetition int) (float64, bool) {
	x, ok := q.samples[repetition]
	return q.scale*x + q.shift, ok || q.exact
}

// An Interval is the value of a quantity with its 95 % confidence interval, in the quantity's unit.
type Interval struct {
	N         int  // repetitions; 0 if it is exact or if nothing is known
	Exact     bool // a count or a constant: Low, Value and High are the same
	Value     float64
	Low, High float64 // both Value if N is 1, when there is no interval
	geometric bool
}

// Interval estimates q by the mean of its samples or, for a ratio, by their geometric mean, as stat.Paired does.
func (q Quantity) Interval() Interval {
	if !q.Known() {
		return Interval{}
	}
	if q.exact {
		return Interval{Exact: true, Value: q.shift, Low: q.shift, High: q.shift}
	}
	in, out := func(x float64) float64 { return x }, func(x float64) float64 { return q.scale*x + q.shift }
	if q.geometric {
		in, out = math.Log, func(x float64) float64 { return q.scale*math.Exp(x) + q.shift }
	}
	var samples []float64
	for _, r := range slices.Sorted(maps.Keys(q.samples)) {
		samples = append(samples, in(q.samples[r]))
	}
	e := stat.NewEstimate(samples)
	low, high := out(e.Mean-e.Half), out(e.Mean+e.Half)
	return Interval{N: e.N, Value: out(e.Mean), Low: min(low, high), High: max(low, high), geometric: q.geometric}
}

// Bounded reports whether there is an interval, or no need for one.
func (i Interval) Bounded() bool { return i.Exact || i.N > 1 }

// Half is half of the interval's width.
func (i Interval) Half() float64 { return (i.High - i.Low) / 2 }

// String formats i as figures' tables do: "58.1 ± 0.4", a ratio as "1.48 [1.45, 1.51]", and a number without an interval as "58.1".
func (i Interval) String() string {
	switch {
	case i.Exact && i.Value == math.Trunc(i.Value):
		return strconv.FormatFloat(i.Value, 'f', -1, 64)
	case i.Exact:
		return stat.Estimate{N: 1, Mean: i.Value}.String()
	case i.geometric:
		return stat.Ratio{N: i.N, Value: i.Value, Low: i.Low, High: i.High}.Format(2)
	default:
		return stat.Estimate{N: i.N, Mean: i.Value, Half: i.Half()}.String()
	}
}
