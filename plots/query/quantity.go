// Package query is the language in which claims and documents speak of results: expressions over result sets, such as
//
//	peak("2b", "mpowerstore", "read") / peak("2b", "mabd", "read") >= 1.5
//
// Their values are quantities: numbers that were measured once in each repetition, with 95 % confidence intervals, and
// exact ones, such as counts. Two quantities are combined repetition by repetition, as both then suffered the same noise;
// what they are divided into is a ratio, of which the geometric mean is taken, exactly as in plots.NewRatio.
package query

import (
	"maps"
	"slices"
	"strconv"
)

// A Quantity is a number with what it rests on.
type Quantity struct {
	samples   map[int]float64 // by repetition
	exact     bool
	geometric bool // a ratio
	// What is estimated is scale · x + shift, where x is the mean of the samples, or the exact number.
	scale, shift float64

	Missing []string // what would have to be measured to know it; then nothing else is known
	Points  []string // IDs of the points and trials that it rests on
}

// Exact is a number that is not estimated.
func Exact(x float64) Quantity { return Quantity{exact: true, shift: x} }

// missing is a quantity that was not measured.
func missing(what string) Quantity { return Quantity{Missing: []string{what}} }

// Known reports whether everything that it takes was measured.
func (q Quantity) Known() bool { return len(q.Missing) == 0 }

// Interval is what is known of q.
func (q Quantity) Interval() Interval {
	switch {
	case !q.Known():
		return Interval{}
	case q.exact:
		return Interval{Exact: true, Value: q.shift, Low: q.shift, High: q.shift}
	}
	samples := make([]float64, 0, len(q.samples))
	for _, r := range slices.Sorted(maps.Keys(q.samples)) {
		samples = append(samples, q.samples[r])
	}
	return estimate(samples, q.geometric).affine(q.scale, q.shift)
}

// over joins what two quantities rest on and lack.
func (q Quantity) over(p Quantity) Quantity {
	return Quantity{scale: 1, Missing: join(q.Missing, p.Missing), Points: join(q.Points, p.Points)}
}

func join(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// plus is q + sign · p.
func (q Quantity) plus(p Quantity, sign float64) Quantity {
	switch {
	case p.exact && q.Known():
		return q.affine(1, sign*p.shift, p)
	case q.exact && p.Known():
		return p.affine(sign, q.shift, q)
	}
	return q.pair(p, func(a, b float64) float64 { return a + sign*b })
}

func (q Quantity) times(p Quantity) Quantity {
	switch {
	case p.exact && q.Known():
		return q.affine(p.shift, 0, p)
	case q.exact && p.Known():
		return p.affine(q.shift, 0, q)
	}
	return q.pair(p, func(a, b float64) float64 { return a * b })
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

// pair combines the samples of each repetition that both have; what is exact is the same in all.
func (q Quantity) pair(p Quantity, of func(a, b float64) float64) Quantity {
	r := q.over(p)
	if !r.Known() {
		return r
	}
	r.samples = map[int]float64{}
	for repetition := range join2(q.samples, p.samples) {
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

func join2(a, b map[int]float64) map[int]float64 {
	all := maps.Clone(a)
	if all == nil {
		return b
	}
	maps.Copy(all, b)
	return all
}

func (q Quantity) sample(repetition int) (float64, bool) {
	if q.exact {
		return q.shift, true
	}
	x, ok := q.samples[repetition]
	return q.scale*x + q.shift, ok
}

// plain formats a whole number.
func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
