package workloads

import (
	"math"
	"testing"

	"pgregory.net/rapid"
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
		k := a()
		if k2 := again(); k2 != k {
			t.Fatalf("seed %d: the same client's choosers differ", seed)
		}
		if other() == k {
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

func TestHotChance(t *testing.T) {
	for _, test := range []struct {
		clients int
		p, want float64
	}{
		{0, 0.5, 0},
		{1, 0.01, 0},
		{1, 1, 0},
		{2, 0.01, 0.1}, // h² = p
		{2, 0.25, 0.5},
		{2, 1, 1},
		{64, 1, 1},
	} {
		if got := hotChance(test.clients, test.p); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("hotChance(%d, %v) = %v, want %v", test.clients, test.p, got, test.want)
		}
	}
}

// When each client has one operation in progress, the share of them that meet another on their key is p.
func TestHotKeysGiveTheConcurrencyAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clients := rapid.IntRange(2, 12).Draw(t, "clients")
		p := float64(rapid.IntRange(1, 100).Draw(t, "percent")) / 100
		seed := rapid.Uint64().Draw(t, "seed")
		var choosers []Chooser
		for c := range clients {
			choosers = append(choosers, NewHotChooser(seed, uint64(c)+1, clients, p))
		}
		const instants = 2000
		meet := 0
		for range instants {
			at := make([]int, HotKeys(clients)) // how many operations each key has
			for c, chooser := range choosers {
				key := chooser()
				if key != 0 && key != c+1 {
					t.Fatalf("client %d drew key %d", c+1, key)
				}
				at[key]++
			}
			for _, n := range at {
				if n > 1 {
					meet += n
				}
			}
		}
		got := float64(meet) / float64(instants*clients)
		// Operations that meet come in groups of up to all clients, so that at worst instants are independent.
		if off := math.Abs(got - p); off > 6*math.Sqrt(p*(1-p)/instants) {
			t.Fatalf("%.4f of the operations meet another on their key, want %.4f", got, p)
		}
	})
}

func TestHotChooserRepeats(t *testing.T) {
	const seed = 5
	a, again, other := NewHotChooser(seed, 1, 2, 0.25), NewHotChooser(seed, 1, 2, 0.25), NewHotChooser(seed, 2, 2, 0.25)
	differ := 0
	for range 1000 {
		k := a()
		if again() != k {
			t.Fatalf("seed %d: the same client's choosers differ", seed)
		}
		if (k == 0) != (other() == 0) {
			differ++
		}
	}
	if differ < 400 || differ > 600 {
		t.Errorf("seed %d: two clients differ in %d of 1000 draws, chance is 500", seed, differ)
	}
}
