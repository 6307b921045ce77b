package netem

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestKSDistanceIsTheGreatest compares it with the differences at every nanosecond.
func TestKSDistanceIsTheGreatest(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		n, steps := 1+r.IntN(30), 1+r.IntN(40)
		samples := make([]time.Duration, n)
		for i := range samples {
			samples[i] = time.Duration(r.IntN(50)) // with ties
		}
		slices.Sort(samples)
		cdf := func(x time.Duration) float64 {
			return math.Floor(max(0, min(1, float64(x)/50))*float64(steps)) / float64(steps)
		}
		want := 0.
		for x := time.Duration(-1); x < 60; x++ {
			within := 0
			for _, s := range samples {
				if s <= x {
					within++
				}
			}
			want = max(want, math.Abs(float64(within)/float64(n)-cdf(x)))
		}
		if got := ksDistance(samples, cdf, 0); math.Abs(got-want) > 1e-12 {
			t.Fatalf("seed %d: distance %v, want %v", seed, got, want)
		}
	}
}

// TestKSDistanceOfItself: 2000 draws of a distribution stay within the tolerance, of another they do not.
func TestKSDistanceOfItself(t *testing.T) {
	asked := Delay{Mean: 20 * ms, Jitter: 4 * ms}
	for name, c := range map[string]struct {
		drawn Delay
		fits  bool
	}{
		"itself":      {asked, true},
		"0.05 ms off": {Delay{Mean: 20*ms + ms/20, Jitter: 4 * ms}, true},
		"0.5 ms off":  {Delay{Mean: 20*ms + ms/2, Jitter: 4 * ms}, false},
		"less jitter": {Delay{Mean: 20 * ms, Jitter: 3 * ms}, false},
		"uniform":     {Delay{Mean: 20 * ms, Jitter: 4 * ms, Distribution: "uniform"}, false},
		"normal":      {Delay{Mean: 20 * ms, Jitter: 4 * ms, Distribution: "normal"}, false},
		"exact":       {Delay{Mean: 20 * ms, Jitter: 4 * ms, Distribution: "pareto-exact"}, false},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		samples := make([]time.Duration, fullSamples)
		for i := range samples {
			samples[i] = c.drawn.Quantile(r.Float64())
		}
		slices.Sort(samples)
		if ks := ksDistance(samples, asked.CDF, delayGrain); (ks <= QuietDelays.KS) != c.fits {
			t.Errorf("%s: distance %.3f", name, ks)
		}
	}
}

// TestKSDistanceOfAFixedDelay: all samples are near one value, which the grain makes equal.
func TestKSDistanceOfAFixedDelay(t *testing.T) {
	fixed := Delay{Mean: 20 * ms}
	samples := []time.Duration{20*ms - delayGrain, 20*ms - 1, 20 * ms, 20*ms + delayGrain}
	if ks := ksDistance(samples, fixed.CDF, delayGrain); ks != 0 {
		t.Errorf("distance %v, want 0", ks)
	}
	samples[3]++
	if ks := ksDistance(samples, fixed.CDF, delayGrain); ks != 0.25 {
		t.Errorf("distance %v with one of four samples too late, want 0.25", ks)
	}
}

func TestMeanSDAndQuantile(t *testing.T) {
	samples := []time.Duration{2, 4, 4, 4, 5, 5, 7, 9}
	if mean, sd := meanSD(samples); mean != 5 || sd != 2 {
		t.Errorf("mean %d, standard deviation %d; want 5 and 2", mean, sd)
	}
	for p, want := range map[float64]time.Duration{0: 2, 0.125: 2, 0.13: 4, 0.5: 4, 0.51: 5, 0.99: 9, 1: 9} {
		if got := quantile(samples, p); got != want {
			t.Errorf("quantile %v is %d, want %d", p, got, want)
		}
	}
}
