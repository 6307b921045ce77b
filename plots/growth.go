package plots

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/powbench/powbench/harness/result"
)

// growth is the exponent a with which y grows as t^a, fitted by least squares to the logarithms. It takes two values of
// t and positive y.
func growth(t, y []float64) (exponent float64, ok bool) {
	if len(t) < 2 {
		return 0, false
	}
	x, z := make([]float64, len(t)), make([]float64, len(t))
	for i := range t {
		if t[i] <= 0 || y[i] <= 0 {
			return 0, false
		}
		x[i], z[i] = math.Log(t[i]), math.Log(y[i])
	}
	_, exponent = stat.LinearRegression(x, z, nil, false)
	return exponent, true
}

// timeGrowth is the exponent with which the time of a scheme grows with t: fitted to each repetition by itself, so that
// they give an interval. A repetition that lacks a t says nothing.
func timeGrowth(cells []costCell, s side) Estimate {
	byRepetition := map[int][]result.Cost{}
	most := 0
	for _, c := range cells {
		for _, v := range c.valid {
			byRepetition[v.Repetition] = append(byRepetition[v.Repetition], v)
			most = max(most, v.Repetition)
		}
	}
	var exponents []float64
	for r := range most + 1 {
		var t, y []float64
		for _, v := range byRepetition[r] {
			t, y = append(t, float64(v.T)), append(y, s.of(v).Ns)
		}
		if a, ok := growth(t, y); ok && len(t) == len(cells) {
			exponents = append(exponents, a)
		}
	}
	return NewEstimate(exponents)
}

// countGrowth is the exponent with which the counted multiplications of a scheme grow with t.
func countGrowth(cells []costCell, s side) Estimate {
	var t, y []float64
	for _, c := range cells {
		t, y = append(t, float64(c.t)), append(y, c.multiplications(s))
	}
	if a, ok := growth(t, y); ok {
		return exactly(a)
	}
	return Estimate{}
}
