package stat

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

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
