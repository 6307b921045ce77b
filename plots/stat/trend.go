package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Trend is how values go up or down over time, by their order alone, so that outliers count for little: the test of Mann
// (1945) and Kendall (1975), and the slope of Sen (1968). Values that follow each other may be alike by more than the trend:
// the variance is that of as few independent values as they are worth (Yue and Wang, 2004).
type Trend struct {
	N         int     // values
	S         int     // pairs of values that rise, less those that fall
	P         float64 // the probability of an S at least as far from 0 if there were no trend
	Slope     float64 // median of the slopes of all pairs, per unit of time
	Low, High float64 // its 95 % interval; both are 0 where there are too few values for one
}

// NewTrend is the trend of the values y at the ascending times t. P is by the normal approximation, which takes about ten
// values.
func NewTrend(t, y []float64) Trend { return newTrend(t, y, Confidence) }

func newTrend(t, y []float64, confidence float64) Trend {
	r := Trend{N: len(y), P: 1}
	var slopes []float64
	for i := range y {
		for j := range i {
			slopes = append(slopes, (y[i]-y[j])/(t[i]-t[j]))
			r.S += sign(y[i] - y[j])
		}
	}
	if len(slopes) == 0 {
		return r
	}
	slices.Sort(slopes)
	r.Slope = (slopes[(len(slopes)-1)/2] + slopes[len(slopes)/2]) / 2
	rest := make([]float64, len(y)) // without the trend
	for i := range y {
		rest[i] = y[i] - r.Slope*t[i]
	}
	deviation := math.Sqrt(kendallVariance(y) * inflation(rest))
	r.P = kendallP(r.S, deviation)
	reach := distuv.UnitNormal.Quantile((1+confidence)/2) * deviation
	if k := int(math.Floor((float64(len(slopes)) - reach) / 2)); k >= 1 {
		r.Low, r.High = slopes[k-1], slopes[len(slopes)-k]
	}
	return r
}

// HasInterval reports whether there is an interval.
func (r Trend) HasInterval() bool { return r.Low != 0 || r.High != 0 }

// kendallP is the probability of an S at least as far from 0 by chance, if it has that standard deviation: by the normal
// approximation, with a correction because S is a whole number.
func kendallP(s int, deviation float64) float64 {
	if s == 0 || deviation == 0 {
		return 1
	}
	return 2 * distuv.UnitNormal.Survival((math.Abs(float64(s))-1)/deviation)
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// kendallVariance is that of S, if all orders of the values are equally likely. Equal values add nothing to S.
func kendallVariance(y []float64) float64 {
	of := func(n int) float64 { return float64(n * (n - 1) * (2*n + 5)) }
	alike := map[float64]int{}
	for _, x := range y {
		alike[x]++
	}
	v := of(len(y))
	for _, n := range alike {
		v -= of(n)
	}
	return v / 18
}

// inflation is how many values are worth one that is independent of the others, at least 1, if each is like the one before
// it to some degree, and like earlier ones through that one alone (an AR(1) process).
func inflation(y []float64) float64 {
	n := len(y)
	mean := stat.Mean(y, nil)
	var with, all float64
	for i, x := range y {
		all += (x - mean) * (x - mean)
		if i > 0 {
			with += (x - mean) * (y[i-1] - mean)
		}
	}
	if with <= 0 {
		return 1
	}
	sum, power := 1., 1.
	for k := 1; k < n; k++ {
		power *= with / all
		sum += 2 * (1 - float64(k)/float64(n)) * power
	}
	return sum
}
