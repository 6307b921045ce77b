package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/powbench/powbench/harness/result"
)

// A change is what became of one quantity of one measurement from run A to run B.
type change struct {
	a, b Estimate // as in figures
	// ratio is B / A of the geometric means, low and high are its 95 % confidence interval; 0 where they are not known.
	ratio, low, high float64
	// p is the probability of a ratio at least as far from 1 if nothing had changed; 1 without an interval.
	p float64
}

// newChange compares what two runs measured of a quantity that is above 0. Two runs' repetitions are independent, and
// nothing says that both are equally noisy: that takes Welch's t. A ratio is skewed and its logarithm is not, so it takes
// the logarithms. Repetitions that are all alike, in both runs, tell nothing of the noise: then there is no interval.
func newChange(a, b Cell, of func(result.Point) float64) change {
	c := change{a: a.Estimate(of), b: b.Estimate(of), p: 1}
	x, y := logs(a, of), logs(b, of)
	if len(x) == 0 || len(y) == 0 {
		return c
	}
	difference := stat.Mean(y, nil) - stat.Mean(x, nil)
	c.ratio = math.Exp(difference)
	if len(x) < 2 || len(y) < 2 {
		return c
	}
	if e, degrees := welch(x, y); e > 0 {
		t := distuv.StudentsT{Sigma: 1, Nu: degrees}
		half := t.Quantile((1+confidence)/2) * e
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

// welch is the standard error of the difference of two means, 0 if all x are alike and all y are, and its degrees of
// freedom by Welch and Satterthwaite.
func welch(x, y []float64) (standardError, degrees float64) {
	n, m := float64(len(x)), float64(len(y))
	u, v := stat.Variance(x, nil)/n, stat.Variance(y, nil)/m
	return math.Sqrt(u + v), (u + v) * (u + v) / (u*u/(n-1) + v*v/(m-1))
}

// hasInterval reports whether there is an interval.
func (c change) hasInterval() bool { return c.low > 0 }

// excludes1 reports whether the whole interval lies on one side of 1.
func (c change) excludes1() bool { return c.low > 1 || c.hasInterval() && c.high < 1 }

// String formats c as "1.10 [1.07, 1.13]", "1.10" without an interval, and "–" without a ratio.
func (c change) String() string {
	switch {
	case c.ratio == 0:
		return missing
	case !c.hasInterval():
		return fmt.Sprintf("%.3f", c.ratio)
	default:
		return fmt.Sprintf("%.3f [%.3f, %.3f]", c.ratio, c.low, c.high)
	}
}

// tellable is the difference, either way, that an interval around 1 must be able to tell before it speaks of none.
const tellable = 1.1

const (
	noDifference = "no difference found"
	tooFew       = "too few samples to tell"
)

// verdict says what the change is, of a quantity that is better when it is higher, or when it is lower. By itself, an
// interval that excludes 1 is a "faster?"; it takes Holm's method, with regard to all the others, to be a "faster".
func (c change) verdict(higherIsBetter, holds bool) string {
	switch {
	case c.excludes1():
		v := "slower"
		if c.ratio > 1 == higherIsBetter {
			v = "faster"
		}
		if !holds {
			v += "?"
		}
		return v
	case !c.hasInterval() || c.high/c.low > tellable*tellable:
		return tooFew
	default:
		return noDifference
	}
}
