package dice

import (
	"slices"
	"testing"
)

func rolls(d Dice) (all []int) {
	for range 100 {
		all = append(all, d.Roll(6))
	}
	return all
}

func TestRolls(t *testing.T) {
	first := rolls(New(1, "server", 0))
	if !slices.Equal(first, rolls(New(1, "server", 0))) {
		t.Error("the same seed and attacker roll differently")
	}
	if slices.Equal(first, rolls(New(1, "server", 1))) || slices.Equal(first, rolls(New(2, "server", 0))) {
		t.Error("another attacker or seed rolls the same")
	}
	seen := slices.Compact(slices.Sorted(slices.Values(first)))
	if !slices.Equal(seen, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("100 rolls of a die give %v", seen)
	}
}
