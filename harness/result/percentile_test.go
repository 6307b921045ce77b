package result

import "testing"

// The least sample is that of the binomial distribution, of which Poisson's is the limit: 6.64 beyond the percentile.
func TestPercentileNeeds(t *testing.T) {
	for share, want := range map[float64]int64{0.5: 11, 0.9: 64, 0.99: 662, 0.999: 6636} {
		if got := PercentileNeeds(share); got != want {
			t.Errorf("p%v needs %d operations, want %d", 100*share, got, want)
		}
		if Supports(share, want-1) || !Supports(share, want) {
			t.Errorf("p%v: %d operations support it, or %d do not", 100*share, want-1, want)
		}
	}
}
