package byzantine

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
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

// described is a protocol that says what it is, and does nothing.
type described struct {
	protocols.Protocol
	is protocols.Traits
}

func (d described) Traits(int) protocols.Traits { return d.is }

// A writer can die in each round that its WRITEs have: WriterDies counts a first one that single writers do without.
func TestWritersDieInTheirRounds(t *testing.T) {
	for _, c := range []struct {
		writers protocols.Writers
		rounds  int
		targets []string
	}{
		{protocols.Many, 1, nil},
		{protocols.Many, 2, []string{"W1"}},
		{protocols.Many, 3, []string{"W1", "W2"}},
		{protocols.One, 1, []string{"W1"}},
		{protocols.One, 2, []string{"W1", "W2"}},
	} {
		var got []string
		for _, id := range []string{"W1", "W2"} {
			a, err := ByID(Catalog(), id)
			if err != nil {
				t.Fatal(err)
			}
			p := described{is: protocols.Traits{Writers: c.writers, Write: make([]protocols.Leg, c.rounds)}}
			if !a.Expected(p).None {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, c.targets) {
			t.Errorf("%d rounds, writers %v: targets of %v, want %v", c.rounds, c.writers, got, c.targets)
		}
	}
}
