// Package stat estimates means and ratios with their confidence intervals, tells which differences hold, fits powers, and
// formats numbers.
//
// It imports nothing of ours; every package of plots, and studies that judge numbers as they run, may import it.
package stat

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is the level of every interval in figures and tables.
const Confidence = 0.95

// An Estimate is the mean of a few repetitions with its 95 % confidence interval, Mean ± Half, in the unit of what was
// estimated. The zero Estimate knows nothing.
type Estimate struct {
	N    int     // repetitions
	Mean float64 // 0 if N is 0
	Half float64 // half the interval's width; 0 if N < 2, when there is no interval
}

// NewEstimate takes each x as one repetition. With the handful of repetitions that a benchmark has, the interval needs
// Student's t for the actual number of them: mean ± t(n−1)·s/√n.
func NewEstimate(x []float64) Estimate {
	switch n := len(x); n {
	case 0:
		return Estimate{}
	case 1:
		return Exactly(x[0])
	default:
		mean, s := stat.MeanStdDev(x, nil)
		return Estimate{N: n, Mean: mean, Half: quantile(float64(n-1)) * s / math.Sqrt(float64(n))}
	}
}

// Exactly is a value without an interval: one that was set, or measured once.
func Exactly(x float64) Estimate { return Estimate{N: 1, Mean: x} }

// quantile is the two-sided one of Student's t distribution.
func quantile(degrees float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: degrees}.Quantile((1 + Confidence) / 2)
}

// Known reports whether there is a mean.
func (e Estimate) Known() bool { return e.N > 0 }

// HasInterval reports whether there is an interval, which takes two repetitions.
func (e Estimate) HasInterval() bool { return e.N > 1 }

// Low is the interval's lower end. Nothing measured here can be negative, so it is never below 0.
func (e Estimate) Low() float64 { return max(0, e.Mean-e.Half) }

// High is the interval's upper end.
func (e Estimate) High() float64 { return e.Mean + e.Half }

// String formats e to three digits, as in "58.1 ± 0.4", "58.1" without an interval, and "–" without a mean.
func (e Estimate) String() string {
	switch {
	case !e.Known():
		return Missing
	case !e.HasInterval():
		return Digits(e.Mean)
	default:
		d := decimals(e.Mean)
		return fmt.Sprintf("%.*f ± %.*f", d, e.Mean, d, e.Half)
	}
}

// Jackknife estimates a positive number that repetitions have only together, such as a percentile of all that they measured,
// from what it is without each of them. Worths are one number for each repetition, of which the geometric mean is the
// whole, and which scatter as if each had been measured by itself, so that ratios take them as they take repetitions. Leaving
// out one group of many observations does for percentiles what leaving out single ones does not (J. Shao, C. F. J. Wu, "A
// General Theory for Jackknife Variance Estimation", 1989).
func Jackknife(whole float64, without []float64) (e Estimate, worths []float64) {
	n := float64(len(without))
	if n < 2 || slices.Min(without) <= 0 {
		return Exactly(whole), []float64{whole}
	}
	x, y := make([]float64, len(without)), make([]float64, len(without))
	mean, geometric := stat.Mean(without, nil), stat.Mean(logs(without), nil)
	for i, w := range without {
		x[i] = whole + (n-1)*(mean-w)
		y[i] = whole * math.Exp((n-1)*(geometric-math.Log(w)))
	}
	return NewEstimate(x), y
}

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

// Growth is the a with which y grows as t^a, by least squares on logarithms. It takes two values of t and positive y.
func Growth(t, y []float64) (exponent float64, ok bool) {
	x, z := logs(t), logs(y)
	if len(t) < 2 || len(x) < len(t) || len(z) < len(t) {
		return 0, false
	}
	_, exponent = stat.LinearRegression(x, z, nil, false)
	return exponent, true
}
