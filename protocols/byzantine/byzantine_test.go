package byzantine

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

func rolls(d Dice) (all []int) {
	for range 100 {
		all = append(all, d.Roll(6))
	}
	return all
}

func TestDice(t *testing.T) {
	first := rolls(NewDice(1))
	if !slices.Equal(first, rolls(NewDice(1))) {
		t.Error("the same seed rolls differently")
	}
	if slices.Equal(first, rolls(NewDice(2))) {
		t.Error("another seed rolls the same")
	}
	seen := slices.Compact(slices.Sorted(slices.Values(first)))
	if !slices.Equal(seen, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("100 rolls of a die give %v", seen)
	}
}

// The codes are those that results are written in.
func TestCodes(t *testing.T) {
	for want, e := range map[result.Expectation]Expectation{
		result.NoTarget: {None: true}, result.Withstand: {Rounds: 2}, result.Succumb: {Harm: Stale},
		result.Beyond: {Harm: Stale, Beyond: true},
	} {
		if result.Expectation(e.Code()) != want {
			t.Errorf("%s has code %s, want %s", e, e.Code(), want)
		}
	}
}
