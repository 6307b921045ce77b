package workloads

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/powbench/powbench/harness/result"
)

// superposition is the first n instants of all streams together.
func superposition(t interface{ Fatal(...any) }, process string, seed uint64, rate float64, streams, n int) []int64 {
	var all []int64
	for i := range streams {
		arrivals, err := NewArrivals(process, seed, rate, i, streams)
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			all = append(all, arrivals())
		}
	}
	slices.Sort(all)
	return all[:n] // no stream has ended by then
}

// Fixed streams take turns on one grid, to the nanosecond and without drift.
func TestFixedArrivalsAreAGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.1, 50_000).Draw(t, "rate")
		streams := rapid.IntRange(1, 8).Draw(t, "streams")
		for i, at := range superposition(t, result.Fixed, 0, rate, streams, 1000) {
			if want := float64(i) / rate * 1e9; math.Abs(float64(at)-want) > 1 {
				t.Fatalf("instant %d at %d ns, want %.0f", i, at, want)
			}
		}
	})
}

// However many streams there are, together they are a Poisson process of the rate: the gaps have an exponential
// distribution (Kolmogorov and Smirnov), the number in an interval has the mean and variance that belong to it, and
// one gap says nothing of the next.
func TestPoissonArrivals(t *testing.T) {
	const n = 40_000
	for _, c := range []struct {
		rate    float64
		streams int
	}{{100, 1}, {200, 3}, {3000, 7}} {
		const seed = 2013
		all := superposition(t, result.Poisson, seed, c.rate, c.streams, n)
		gaps := make([]float64, n) // in multiples of their mean
		last := int64(0)
		for i, at := range all {
			gaps[i], last = float64(at-last)/1e9*c.rate, at
		}
		// The sum of n gaps has the standard deviation √n; 4 of them are passed once in 16 000 seeds.
		if got := float64(last) / 1e9 * c.rate; math.Abs(got-n) > 4*math.Sqrt(n) {
			t.Errorf("seed %d, %+v: %d arrivals in the time of %.0f", seed, c, n, got)
		}
		if r := correlation(gaps); math.Abs(r) > 4/math.Sqrt(n) {
			t.Errorf("seed %d, %+v: gaps are correlated by %.3f with the next", seed, c, r)
		}
		if d, limit := exponentialDistance(gaps), 1.95/math.Sqrt(n); d > limit { // passed by one seed in 1000
			t.Errorf("seed %d, %+v: the gaps' distance from exponential is %.4f, more than %.4f", seed, c, d, limit)
		}
	}
}

// exponentialDistance is the largest difference of the distribution functions of the sample and of the exponential
// distribution of mean 1.
func exponentialDistance(sample []float64) (distance float64) {
	sorted := slices.Sorted(slices.Values(sample))
	n := float64(len(sorted))
	for i, x := range sorted {
		f := 1 - math.Exp(-x)
		distance = max(distance, f-float64(i)/n, float64(i+1)/n-f)
	}
	return distance
}

// correlation is that of neighbours, for a sample of mean and standard deviation 1.
func correlation(sample []float64) (sum float64) {
	for i := range len(sample) - 1 {
		sum += (sample[i] - 1) * (sample[i+1] - 1)
	}
	return sum / float64(len(sample)-1)
}

// A seed and a stream give the same instants always, and others other ones.
func TestArrivalsRepeat(t *testing.T) {
	first := func(seed uint64, stream int) (instants [8]int64) {
		arrivals, err := NewArrivals(result.Poisson, seed, 100, stream, 4)
		if err != nil {
			t.Fatal(err)
		}
		for i := range instants {
			instants[i] = arrivals()
		}
		return instants
	}
	const seed = 5
	if a, b := first(seed, 1), first(seed, 1); a != b {
		t.Errorf("seed %d: %v and %v", seed, a, b)
	}
	if a := first(seed, 1); a == first(seed, 2) || a == first(seed+1, 1) {
		t.Errorf("seed %d: another stream or seed has the same instants %v", seed, a)
	}
}

func TestNewArrivalsRefuses(t *testing.T) {
	for want, rate := range map[string]float64{`"bursts"`: 1, "a rate of 0/s": 0, "a rate of NaN/s": math.NaN()} {
		if _, err := NewArrivals("bursts", 1, rate, 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
