package stat

import (
	"math"
	"slices"
	"testing"
)

func TestStudentT(t *testing.T) {
	for degrees, want := range map[int]float64{1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 30: 2.042} {
		if got := quantile(float64(degrees)); math.Abs(got-want) > 5e-4 {
			t.Errorf("quantile(%d) = %.4f, tables say %.3f", degrees, got, want)
		}
	}
}

func TestNewEstimate(t *testing.T) {
	// s of 48, 49, 50, 51, 52 is √2.5, so the interval is 2.776·√2.5/√5 to either side.
	e := NewEstimate([]float64{50, 48, 52, 49, 51})
	if want := 2.776 * math.Sqrt(0.5); e.N != 5 || e.Mean != 50 || math.Abs(e.Half-want) > 1e-3 {
		t.Errorf("got %+v, want 50 ± %.3f of 5", e, want)
	}
	if e := NewEstimate([]float64{50}); e.HasInterval() || e.Half != 0 || e.Mean != 50 {
		t.Errorf("one repetition has a mean and no interval, got %+v", e)
	}
	if e := NewEstimate(nil); e.Known() || e.Mean != 0 {
		t.Errorf("no repetition has no mean, got %+v", e)
	}
	if e := (Estimate{N: 2, Mean: 1, Half: 3}); e.Low() != 0 || e.High() != 4 {
		t.Errorf("the interval %v … %v should end at 0 and 4", e.Low(), e.High())
	}
}

func TestEstimateString(t *testing.T) {
	for want, e := range map[string]Estimate{
		"–":           {},
		"58.1":        {N: 1, Mean: 58.12},
		"58.1 ± 0.4":  {N: 5, Mean: 58.12, Half: 0.43},
		"224 ± 1":     {N: 5, Mean: 224.2, Half: 1.4},
		"4.50 ± 0.02": {N: 5, Mean: 4.5, Half: 0.021},
		"100 ± 0":     {N: 2, Mean: 99.97, Half: 0.04},
	} {
		if got := e.String(); got != want {
			t.Errorf("%+v is %q, want %q", e, got, want)
		}
	}
}

func TestHolm(t *testing.T) {
	for _, test := range []struct {
		p    []float64
		want []bool
	}{
		{nil, []bool{}},
		{[]float64{0.04}, []bool{true}},
		{[]float64{0.03, 0.01}, []bool{true, true}},
		{[]float64{0.03, 0.04}, []bool{false, false}},
		{[]float64{0.06, 0.001, 0.02}, []bool{false, true, true}},
		{[]float64{0.03, 0.001, 0.03}, []bool{false, true, false}},
	} {
		if got := Holm(test.p); !slices.Equal(got, test.want) {
			t.Errorf("holm(%v) = %v, want %v", test.p, got, test.want)
		}
	}
}

// Textbook numbers: logarithms 1 … 5 and 2, 4, 6 differ by 1; u = 2.5/5, v = 4/3, hence the standard error is 1.354 and the
// degrees of freedom are 3.361/(0.0625+0.8889) = 3.53.
func TestUnpairedIsWelchs(t *testing.T) {
	x, y := []float64{1, 2, 3, 4, 5}, []float64{2, 4, 6}
	e, degrees := welch(x, y)
	if math.Abs(e-1.35401) > 1e-4 || math.Abs(degrees-3.53285) > 1e-3 {
		t.Errorf("welch: standard error %.5f with %.4f degrees of freedom, want 1.35401 with 3.5328", e, degrees)
	}
	exp := func(logs []float64) (values []float64) {
		for _, l := range logs {
			values = append(values, math.Exp(l))
		}
		return values
	}
	r := Unpaired(exp(y), exp(x))
	half := math.Log(r.High / r.Value)
	if math.Abs(math.Log(r.Value)-1) > 1e-9 || math.Abs(half-math.Log(r.Value/r.Low)) > 1e-9 ||
		half < quantile(4)*e || half > quantile(3)*e {
		t.Errorf("got %v with logarithms 1 ± %.3f", r, half)
	}
	if r.P < 0.4 || r.P > 0.6 { // t = 0.739
		t.Errorf("p = %.3f, want about 0.51", r.P)
	}
}

func TestGrowth(t *testing.T) {
	if a, ok := Growth([]float64{1, 2, 4}, []float64{3, 12, 48}); !ok || math.Abs(a-2) > 1e-9 {
		t.Errorf("3t² grows as t^%g, %v", a, ok)
	}
	for _, xy := range [][2][]float64{{{1}, {1}}, {{1, 0}, {1, 2}}, {{1, 2}, {1, 0}}, {nil, nil}} {
		if a, ok := Growth(xy[0], xy[1]); ok {
			t.Errorf("Growth(%v, %v) = %g", xy[0], xy[1], a)
		}
	}
}
