package workloads

import (
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/powbench/powbench/harness/result"
)

// Sizes are drawn as often as the distribution says, and the same name of the same run has always the same.
func TestSizesAgreeWithTheDistribution(t *testing.T) {
	const draws, seed = 100_000, 2013
	for _, d := range []result.Sizes{
		{Distribution: result.Weighted, Weights: "70% 4KiB, 25% 64KiB, 5% 1MiB"},
		{Distribution: result.Lognormal, Median: 64 * result.KiB, Sigma: 1.2, Most: 4 * result.MiB},
		{Distribution: result.ETC, Most: result.MiB},
	} {
		sizes, again := NewSizes(seed, d), NewSizes(seed, d)
		counts := map[int]float64{}
		for i := range uint64(draws) {
			id := ID{Client: 1 + i%7, Seq: 1 + i/7}
			n := sizes.Of(id)
			if counts[n]++; again.Of(id) != n || n > sizes.Largest() {
				t.Fatalf("%v has %d bytes and %d, at most %d", id, n, again.Of(id), sizes.Largest())
			}
		}
		chi2, shares := 0., d.Shares()
		for _, x := range shares {
			off := counts[x.Bytes] - draws*x.Share
			chi2 += off * off / (draws * x.Share)
			delete(counts, x.Bytes)
		}
		if p := (distuv.ChiSquared{K: float64(len(shares) - 1)}).Survival(chi2); p < 1e-3 || len(counts) > 0 {
			t.Errorf("seed %d, %v: χ² = %.0f of %d sizes, p = %.1g; others: %v", seed, d, chi2, len(shares), p, counts)
		}
	}
}

// Runs differ by their seeds.
func TestSizesOfAnotherRun(t *testing.T) {
	d := result.Sizes{Distribution: result.Lognormal, Median: result.KiB, Sigma: 1, Most: result.MiB}
	a, b, same := NewSizes(1, d), NewSizes(2, d), 0
	for i := range uint64(1000) {
		if id := (ID{Client: 1, Seq: i}); a.Of(id) == b.Of(id) {
			same++
		}
	}
	if same > 50 { // 10 are expected
		t.Errorf("%d of 1000 values have the same size in two runs", same)
	}
}
