package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

// The example of Sen's paper (1968, §6): the slope 4 with the confidence interval from 26/7 to 35/8 at 93 %.
func TestSensExample(t *testing.T) {
	r := newTrend([]float64{1, 2, 3, 4, 10, 12, 18}, []float64{9, 15, 19, 20, 45, 55, 78}, 0.93)
	if r.Slope != 4 || !near(r.Low, 26./7, 1e-12) || !near(r.High, 35./8, 1e-12) || r.S != 21 {
		t.Errorf("%+v, want S = 21 and a slope of 4 [3.714, 4.375]", r)
	}
}

// Kendall's exact distribution of S for ten values (Rank Correlation Methods, 1975, appendix table 1; Gilbert, Statistical
// Methods for Environmental Pollution Monitoring, 1987, table A18), which the normal approximation meets, and the test of a
// rainfall series of 353 months, with equal values, in the tests of pyMannKendall 1.4.
func TestKendallsP(t *testing.T) {
	of10 := math.Sqrt(kendallVariance(count(10)))
	if of10 != math.Sqrt(125) {
		t.Errorf("variance of S for ten values: %v, want 125", of10*of10)
	}
	for s, oneSided := range map[int]float64{9: 0.242, 11: 0.190, 15: 0.108, -21: 0.036, 27: 0.0083} {
		if p := kendallP(s, of10); !near(p/2, oneSided, 0.006) {
			t.Errorf("S = %d of ten values: p = %v, want %v", s, p, 2*oneSided)
		}
	}
	if p := kendallP(-1959, math.Sqrt(4889800.333333333)); !near(p, 0.37591058740506833, 1e-12) {
		t.Errorf("rainfall: p = %v", p)
	}
	// Gilbert, §16.4.2: equal values take their orders away.
	if v, want := kendallVariance([]float64{1, 2, 2, 3, 3, 3}), (6*5*17-2*1*9-3*2*11)/18.; !near(v, want, 1e-12) {
		t.Errorf("variance with equal values: %v, want %v", v, want)
	}
}

// count is the times 0, 1, 2 and so on.
func count(n int) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = float64(i)
	}
	return t
}

func TestTrendOfLittle(t *testing.T) {
	for _, y := range [][]float64{nil, {1}, {1, 2}, {3, 3, 3, 3}} {
		if r := NewTrend(count(len(y)), y); r.N != len(y) || r.HasInterval() || r.P != 1 || math.IsNaN(r.Slope) {
			t.Errorf("%v: %+v", y, r)
		}
	}
}

// simulate counts in how many series a trend is found that is there or not, and how often its interval holds the slope. A
// series is the means of ten values each, every one of which is like the one before it by phi.
func simulate(phi, slope float64) (found, covered float64) {
	const series, n = 600, 30
	random := rand.New(rand.NewPCG(1968, uint64(1000*phi)))
	for range series {
		y, noise := make([]float64, n), 0.
		for i := range 10 * n {
			noise = phi*noise + random.NormFloat64()
			y[i/10] += noise/10 + slope*float64(i/10)/10
		}
		r := NewTrend(count(n), y)
		if r.P <= 0.05 {
			found += 1. / series
		}
		if r.Low <= slope && slope <= r.High {
			covered += 1. / series
		}
	}
	return found, covered
}

// Where there is no trend, one is found in about 5 % of the series, also if neighbours are alike; and one that is there is
// found.
func TestTrendsErrors(t *testing.T) {
	for _, c := range []struct{ phi, slope, least, most, covered float64 }{
		{0, 0, 0.01, 0.08, 0.92}, {0.6, 0, 0.01, 0.08, 0.92}, {0, 0.03, 0.8, 1, 0.92}, {0.6, 0.08, 0.8, 1, 0.92},
	} {
		if found, covered := simulate(c.phi, c.slope); found < c.least || found > c.most || covered < c.covered {
			t.Errorf("alike by %v, slope %v: found in %.3f, covered in %.3f of the series", c.phi, c.slope, found, covered)
		}
	}
	y, random := make([]float64, 100), rand.New(rand.NewPCG(1, 2))
	for i := 1; i < len(y); i++ {
		y[i] = 0.5*y[i-1] + random.NormFloat64()
	}
	if f := inflation(y); f < 1.8 || f > 4.2 { // (1 + 0.5) / (1 − 0.5) = 3
		t.Errorf("values that are alike by a half are worth 1 in %v, want about 3", f)
	}
}
