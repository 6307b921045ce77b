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
	"strconv"
	"strings"

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

// A Ratio is a ratio of geometric means with its 95 % confidence interval, from Low to High. A ratio is skewed and its
// logarithm is not, so intervals come from the logarithms. The zero Ratio knows nothing.
type Ratio struct {
	N         int     // pairs, or all samples
	Value     float64 // 0 if it is not known
	Low, High float64 // 0 if there is no interval
	P         float64 // the probability of one at least as far from 1 if nothing differed; 1 without an interval
}

// Paired is the ratio over/under of samples whose values belong together: exp(mean ± t(n−1)·s/√n) of the logarithms.
func Paired(over, under []float64) Ratio {
	logs := make([]float64, len(over))
	for i := range over {
		logs[i] = math.Log(over[i] / under[i])
	}
	e := NewEstimate(logs)
	r := Ratio{N: e.N, P: 1}
	if e.Known() {
		r.Value = math.Exp(e.Mean)
	}
	if e.HasInterval() {
		r.Low, r.High = math.Exp(e.Mean-e.Half), math.Exp(e.Mean+e.Half)
		if degrees := float64(e.N - 1); e.Half > 0 {
			r.P = 2 * distuv.StudentsT{Sigma: 1, Nu: degrees}.Survival(math.Abs(e.Mean)/e.Half*quantile(degrees))
		}
	}
	return r
}

// Unpaired is the ratio over/under of two independent samples, which need not be equally noisy: that takes Welch's t.
// Values of 0 and less are left out. Values that are all alike, in both samples, tell nothing of the noise: then there is
// no interval, and P is 1.
func Unpaired(over, under []float64) Ratio {
	x, y := logs(under), logs(over)
	r := Ratio{N: len(x) + len(y), P: 1}
	if len(x) == 0 || len(y) == 0 {
		return r
	}
	difference := stat.Mean(y, nil) - stat.Mean(x, nil)
	r.Value = math.Exp(difference)
	if len(x) < 2 || len(y) < 2 {
		return r
	}
	if e, degrees := welch(x, y); e > 0 {
		half := quantile(degrees) * e
		r.Low, r.High = math.Exp(difference-half), math.Exp(difference+half)
		r.P = 2 * distuv.StudentsT{Sigma: 1, Nu: degrees}.Survival(math.Abs(difference)/e)
	}
	return r
}

// logs are the natural logarithms of the positive values.
func logs(values []float64) (logs []float64) {
	for _, v := range values {
		if v > 0 {
			logs = append(logs, math.Log(v))
		}
	}
	return logs
}

// welch is the standard error of the difference of two means, 0 if all x are alike and all y are, and its degrees of
// freedom by Welch and Satterthwaite.
func welch(x, y []float64) (standardError, degrees float64) {
	n, m := float64(len(x)), float64(len(y))
	u, v := stat.Variance(x, nil)/n, stat.Variance(y, nil)/m
	return math.Sqrt(u + v), (u + v) * (u + v) / (u*u/(n-1) + v*v/(m-1))
}

// HasInterval reports whether there is an interval.
func (r Ratio) HasInterval() bool { return r.Low > 0 }

// Excludes1 reports whether the whole interval lies on one side of 1.
func (r Ratio) Excludes1() bool { return r.Low > 1 || r.HasInterval() && r.High < 1 }

// Format formats r with so many decimals as "1.48 [1.45, 1.51]", "1.48" without an interval, and "–" without a value.
func (r Ratio) Format(decimals int) string {
	switch {
	case r.Value == 0:
		return Missing
	case !r.HasInterval():
		return fmt.Sprintf("%.*f", decimals, r.Value)
	default:
		return fmt.Sprintf("%.*f [%.*f, %.*f]", decimals, r.Value, decimals, r.Low, decimals, r.High)
	}
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

// Missing stands in tables where there is no number.
const Missing = "–"

// Digits formats x with three significant digits, or all those before the point.
func Digits(x float64) string { return fmt.Sprintf("%.*f", decimals(x), x) }

func decimals(x float64) int {
	switch x = math.Abs(x); {
	case x >= 99.95:
		return 0
	case x >= 9.995:
		return 1
	default:
		return 2
	}
}

// OrMissing formats as Digits does a quantity that is 0 when it is not known.
func OrMissing(x float64) string { return unlessZero(x, Digits(x)) }

// OrWhole formats a count that is 0 when it is not known.
func OrWhole(x float64) string { return unlessZero(x, strconv.FormatFloat(x, 'f', 0, 64)) }

func unlessZero(x float64, text string) string {
	if x == 0 {
		return Missing
	}
	return text
}

// OrDash is the text, or Missing if it is empty.
func OrDash(text string) string { return cmp.Or(text, Missing) }

// Count formats n things, as in "1 client" and "12 clients".
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// Percent formats a share, as in "1.23 %".
func Percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// Signed formats a difference as a share in percent with its sign, as in "+0.02 %".
func Signed(share float64) string { return fmt.Sprintf("%+.2f %%", 100*share) }

// Roughly formats a share in whole percent.
func Roughly(share float64) string {
	if share < 0.005 {
		return "less than 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// SizeName formats a value's size in bytes, as in "256 KiB".
func SizeName(bytes int) string {
	switch {
	case bytes >= 1<<20 && bytes%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 1<<10 && bytes%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", bytes>>10)
	default:
		return fmt.Sprintf("%d B", bytes)
	}
}

// AnySize names a size in bytes that need not be a round one, to two digits, as in "3.4 KiB".
func AnySize(bytes float64) string {
	unit := "B"
	for _, larger := range []string{"KiB", "MiB"} {
		if bytes < 1024 {
			break
		}
		bytes, unit = bytes/1024, larger
	}
	if bytes < 9.95 && unit != "B" {
		return fmt.Sprintf("%.1f %s", bytes, unit)
	}
	return fmt.Sprintf("%.0f %s", bytes, unit)
}

// OpName is an operation as the paper writes it, such as "READ"; of a mix, "95 % READ".
func OpName(op string) string { return strings.ToUpper(strings.ReplaceAll(op, "%", " %")) }
