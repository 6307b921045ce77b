// Package stat estimates: means and ratios with confidence intervals, tests of whether two runs differ, fits of a power; and
// formats what comes of it.
//
// It imports nothing of ours; every package of plots may import it.
package stat

import (
	"fmt"
	"math"

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

// NewEstimate takes each x as one repetition. With the handful of repetitions that a benchmark has, the interval needs
// Student's t for the actual number of them: mean ± t(n−1)·s/√n.
func NewEstimate(x []float64) Estimate {
	switch n := len(x); n {
	case 0:
		return Estimate{}
	case 1:
		return Estimate{N: 1, Mean: x[0]}
	default:
		mean, s := stat.MeanStdDev(x, nil)
		return Estimate{N: n, Mean: mean, Half: StudentT(n-1) * s / math.Sqrt(float64(n))}
	}
}

// StudentT is the two-sided quantile of Student's t distribution.
func StudentT(degrees int) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: float64(degrees)}.Quantile((1 + Confidence) / 2)
}

// Exactly is a coordinate that was set, not measured.
func Exactly(x float64) Estimate { return Estimate{N: 1, Mean: x} }
