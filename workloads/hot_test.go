package workloads

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

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
				key := chooser.Next()
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
		k := a.Next()
		if again.Next() != k {
			t.Fatalf("seed %d: the same client's choosers differ", seed)
		}
		if (k == 0) != (other.Next() == 0) {
			differ++
		}
	}
	if differ < 400 || differ > 600 {
		t.Errorf("seed %d: two clients differ in %d of 1000 draws, chance is 500", seed, differ)
	}
}
