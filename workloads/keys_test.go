package workloads

import (
	"math"
	"testing"
)

func TestKeyspace(t *testing.T) {
	for _, test := range []struct {
		clients int
		p       float64
		want    int
	}{
		{0, 0.01, 1},
		{1, 0.01, 1},
		{2, 0.01, 100},
		{2, 1, 1},
		{4, 1, 3},
		{4, 0.5, 6},
		{3, 0.3, 7},
		{64, 0.01, 6300},
		{2, 0, maxKeys},
	} {
		if got := Keyspace(test.clients, test.p); got != test.want {
			t.Errorf("Keyspace(%d, %v) = %d, want %d", test.clients, test.p, got, test.want)
		}
	}
}

// At one percent the quotient is a whole number, which rounding must not raise by one.
func TestKeyspaceIsExact(t *testing.T) {
	for c := 2; c <= 4096; c++ {
		for percent := 1; percent <= 100; percent++ {
			want := (100*(c-1) + percent - 1) / percent
			if got := Keyspace(c, float64(percent)/100); got != want {
				t.Fatalf("Keyspace(%d, %d%%) = %d, want %d", c, percent, got, want)
			}
		}
	}
}

func TestChooserIsUniformAndRepeats(t *testing.T) {
	const keys, draws, seed = 50, 50_000, 5
	a, again, other := NewChooser(seed, 1, keys), NewChooser(seed, 1, keys), NewChooser(seed, 2, keys)
	counts := make([]float64, keys)
	same := 0
	for range draws {
		k := a.Next()
		if k2 := again.Next(); k2 != k {
			t.Fatalf("seed %d: the same client's choosers differ", seed)
		}
		if other.Next() == k {
			same++
		}
		counts[k]++
	}
	chi2 := 0.0
	for _, n := range counts {
		chi2 += (n - draws/keys) * (n - draws/keys) / (draws / keys)
	}
	if chi2 > 100 { // 49 degrees of freedom: p < 1e-4
		t.Errorf("seed %d: χ² = %.0f, not uniform", seed, chi2)
	}
	if expected := float64(draws) / keys; math.Abs(float64(same)-expected) > 6*math.Sqrt(expected) {
		t.Errorf("seed %d: two clients agree on %d of %d keys, chance is %.0f", seed, same, draws, expected)
	}
}

func TestKeyNamesDiffer(t *testing.T) {
	if a, b := KeyName(1), KeyName(11); a == b || a != "key-000001" {
		t.Errorf("KeyName(1) = %q, KeyName(11) = %q", a, b)
	}
}

func TestDeriveTellsItsPartsApart(t *testing.T) {
	seen := map[uint64]int{}
	for i, parts := range [][]any{
		nil, {""}, {"a"}, {"a", "bc"}, {"ab", "c"}, {"abc"}, {"a bc"}, {`a" "bc`}, {1}, {12}, {1, 2}, {"a", 1}, {1, "a"},
	} {
		for seed := range uint64(3) {
			d := Derive(seed, parts...)
			if was, dup := seen[d]; dup {
				t.Errorf("parts %d and %d give the same seed", was, i)
			}
			seen[d] = i
		}
	}
	if Derive(7, "x", 1) != Derive(7, "x", uint64(1)) {
		t.Error("the type of a number shows")
	}
}
