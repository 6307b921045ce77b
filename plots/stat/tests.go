package stat

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Holm tells which of several hypotheses, that nothing has changed, are to be rejected so that the chance of rejecting even
// one that is true is at most 5 %, however they depend on each other (S. Holm, "A Simple Sequentially Rejective Multiple
// Test Procedure", 1979). The p are the probabilities of what was seen under each.
func Holm(p []float64) (rejected []bool) {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	rejected = make([]bool, len(p))
	for rank, i := range order {
		if p[i]*float64(len(p)-rank) > 1-Confidence {
			break
		}
		rejected[i] = true
	}
	return rejected
}

// Welch is the standard error of the difference of two means, 0 if all x are alike and all y are, and its degrees of
// freedom by Welch and Satterthwaite.
func Welch(x, y []float64) (standardError, degrees float64) {
	n, m := float64(len(x)), float64(len(y))
	u, v := stat.Variance(x, nil)/n, stat.Variance(y, nil)/m
	return math.Sqrt(u + v), (u + v) * (u + v) / (u*u/(n-1) + v*v/(m-1))
}

// Growth is the exponent a with which y grows as t^a, fitted by least squares to the logarithms. It takes two values of
// t and positive y.
func Growth(t, y []float64) (exponent float64, ok bool) {
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
