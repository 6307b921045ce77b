package plots

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// repeated is a cell with a valid repetition for each throughput.
func repeated(throughputs ...float64) Cell { return cellOf("mabd", 3, throughputs...) }

// Textbook numbers: logarithms 1 … 5 and 2, 4, 6 differ by 1; u = 2.5/5, v = 4/3, hence the standard error is 1.354 and the
// degrees of freedom are 3.361/(0.0625+0.8889) = 3.53.
func TestNewChangeIsWelchs(t *testing.T) {
	var x, y []float64
	for _, l := range []float64{1, 2, 3, 4, 5} {
		x = append(x, math.Exp(l))
	}
	for _, l := range []float64{2, 4, 6} {
		y = append(y, math.Exp(l))
	}
	e, degrees := welch([]float64{1, 2, 3, 4, 5}, []float64{2, 4, 6})
	if math.Abs(e-1.35401) > 1e-4 || math.Abs(degrees-3.53285) > 1e-3 {
		t.Errorf("welch: standard error %.5f with %.4f degrees of freedom, want 1.35401 with 3.5328", e, degrees)
	}
	c := newChange(repeated(x...), repeated(y...), throughputMBps)
	half := math.Log(c.high / c.ratio)
	if math.Abs(math.Log(c.ratio)-1) > 1e-9 || math.Abs(half-math.Log(c.ratio/c.low)) > 1e-9 ||
		half < studentT(4)*e || half > studentT(3)*e {
		t.Errorf("got %v with logarithms 1 ± %.3f", c, half)
	}
	if c.p < 0.4 || c.p > 0.6 { // t = 0.739
		t.Errorf("p = %.3f, want about 0.51", c.p)
	}
}

func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		name string
		a, b Cell
		want string // of a throughput
	}{
		{"nothing", repeated(50, 50.5, 49.5), repeated(50.1, 49.6, 50.4), noDifference},
		{"more", repeated(50, 50.5, 49.5), repeated(55, 55.5, 54.5), "faster"},
		{"less", repeated(50, 50.5, 49.5), repeated(45, 45.5, 44.5), "slower"},
		{"a small thing", repeated(50, 50.1, 49.9), repeated(50.5, 50.6, 50.4), "faster"},
		{"noise", repeated(50, 60, 40), repeated(55, 65, 45), tooFew},
		{"one repetition", repeated(50, 50.5, 49.5), repeated(55), tooFew},
		{"no repetition", repeated(50, 50.5, 49.5), repeated(), tooFew},
		{"no noise at all", repeated(50, 50), repeated(55, 55), tooFew},
		{"noise in one", repeated(50, 50), repeated(55, 55.1), "faster"},
	} {
		c := newChange(test.a, test.b, throughputMBps)
		if got := c.verdict(true, true); got != test.want {
			t.Errorf("%s: %v is %q, want %q", test.name, c, got, test.want)
		}
		opposite := strings.NewReplacer("faster", "slower", "slower", "faster").Replace(test.want)
		if got := c.verdict(false, true); got != opposite {
			t.Errorf("%s: %v, of a latency, is %q, want %q", test.name, c, got, opposite)
		}
	}
	c := newChange(repeated(50, 50.5, 49.5), repeated(55, 55.5, 54.5), throughputMBps)
	if got := c.verdict(true, false); got != "faster?" {
		t.Errorf("an interval that Holm does not reject is %q", got)
	}
}

// The interval must hold the true ratio in 95 % of all comparisons, also of unequally many repetitions and noise.
func TestChangeCoversTheRatio(t *testing.T) {
	const seed, trials = 7, 4000
	random := rand.New(rand.NewPCG(seed, 0))
	sample := func(n int, mean, noise float64) Cell {
		x := make([]float64, n)
		for i := range x {
			x[i] = mean * math.Exp(noise*random.NormFloat64())
		}
		return repeated(x...)
	}
	covered := 0
	for range trials {
		c := newChange(sample(5, 50, 0.01), sample(4, 60, 0.04), throughputMBps)
		if c.low <= 1.2 && 1.2 <= c.high {
			covered++
		}
	}
	if share := float64(covered) / trials; share < 0.94 || share > 0.965 {
		t.Errorf("seed %d: %.3f of the intervals hold the ratio, want 0.95", seed, share)
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
		if got := holm(test.p); !slices.Equal(got, test.want) {
			t.Errorf("holm(%v) = %v, want %v", test.p, got, test.want)
		}
	}
}

func TestCompareRefusesSetsWithoutPoints(t *testing.T) {
	full, empty := syntheticFigure("2b", 2), synthetic("fig2b")
	for _, pair := range [][2]*result.Set{{full, empty}, {empty, full}} {
		if _, err := Compare(pair[0], pair[1]); !errors.Is(err, ErrNoPoints) {
			t.Errorf("got %v", err)
		}
	}
}
