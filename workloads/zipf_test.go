package workloads

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// zipfChances are the probabilities of the ranks, from 1, by their definition.
func zipfChances(n int, skew float64) []float64 {
	chances, sum := make([]float64, n), 0.
	for i := range chances {
		chances[i] = math.Pow(float64(i+1), -skew)
		sum += chances[i]
	}
	for i := range chances {
		chances[i] /= sum
	}
	return chances
}

// Keys are drawn as often as Zipf's law says, whether the skew is below, at, near or above 1. The least popular are counted
// together until at least 20 draws are expected of a class, so that χ² has its distribution.
func TestZipfChooserAgreesWithTheory(t *testing.T) {
	const draws, seed, client = 200_000, 2013, 1
	for _, c := range []struct {
		keys int
		skew float64
	}{{1, 0.99}, {2, 0.99}, {10, 0.2}, {100, 0.5}, {1000, 0.99}, {1000, 1}, {1000, 1 + 1e-9}, {1000, 1.2}, {50, 3}, {1_000_000, 0.99}} {
		t.Run(fmt.Sprintf("%d keys, skew %v", c.keys, c.skew), func(t *testing.T) {
			choose := NewZipfChooser(seed, client, c.keys, c.skew)
			counts := make([]float64, c.keys)
			for range draws {
				counts[choose()]++
			}
			chi2, classes, seen, expected := 0., 0, 0., 0.
			for i, p := range zipfChances(c.keys, c.skew) {
				seen, expected = seen+counts[i], expected+p*draws
				if expected >= 20 {
					chi2, classes, seen, expected = chi2+(seen-expected)*(seen-expected)/expected, classes+1, 0, 0
				}
			}
			if classes < 2 {
				return // each draw was within the keys, or the index would have been out of range
			}
			if p := (distuv.ChiSquared{K: float64(classes - 1)}).Survival(chi2); p < 1e-3 {
				t.Errorf("seed %d: χ² = %.0f of %d classes, p = %.1g", seed, chi2, classes, p)
			}
		})
	}
}

// Whatever the number of keys and the skew, a key is one of them, and the same seed and client draw the same.
func TestZipfChooserKeepsToItsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.IntRange(1, 1_000_000).Draw(t, "keys")
		skew := rapid.Float64Range(0.01, 10).Draw(t, "skew")
		seed := rapid.Uint64().Draw(t, "seed")
		choose, again := NewZipfChooser(seed, 3, keys, skew), NewZipfChooser(seed, 3, keys, skew)
		for range 100 {
			key := choose()
			if key < 0 || key >= keys {
				t.Fatalf("drew key %d of %d", key, keys)
			}
			if other := again(); other != key {
				t.Fatalf("the same client drew %d and %d", key, other)
			}
		}
	})
}

// Clients ask for the same keys most, but not at the same time.
func TestZipfClientsDiffer(t *testing.T) {
	const seed, keys, draws = 5, 1000, 20_000
	a, b := NewZipfChooser(seed, 1, keys, 0.99), NewZipfChooser(seed, 2, keys, 0.99)
	same := 0.
	for range draws {
		if a() == b() {
			same++
		}
	}
	chance := 0.
	for _, p := range zipfChances(keys, 0.99) {
		chance += p * p
	}
	if off := math.Abs(same - draws*chance); off > 5*math.Sqrt(draws*chance) {
		t.Errorf("seed %d: two clients agree on %.0f of %d keys, chance is %.0f", seed, same, draws, draws*chance)
	}
}
