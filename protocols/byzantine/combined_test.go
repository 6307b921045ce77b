package byzantine

import "testing"

// Of two attacks at once comes the graver harm; none has a target if either lacks one, and READs take as many rounds as
// either allows.
func TestAnd(t *testing.T) {
	for name, c := range map[string]struct{ one, other, want Expectation }{
		"both withstood": {Expectation{}, Expectation{}, Expectation{}},
		"one harms":      {Expectation{}, Expectation{Harm: Stale}, Expectation{Harm: Stale}},
		"both harm":      {Expectation{Harm: Stale}, Expectation{Harm: Phantom}, Expectation{Harm: Phantom}},
		"no target":      {Expectation{None: true}, Expectation{Harm: Stale}, Expectation{None: true, Harm: Stale}},
		"beyond":         {Expectation{}, Expectation{Beyond: true}, Expectation{Beyond: true}},
		"both bounded":   {Expectation{Rounds: 2}, Expectation{Rounds: 3}, Expectation{Rounds: 3}},
		"one bounded":    {Expectation{Rounds: 2}, Expectation{}, Expectation{}},
	} {
		if got := c.one.and(c.other); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got := c.other.and(c.one); got != c.want {
			t.Errorf("%s, the other way round: %+v, want %+v", name, got, c.want)
		}
	}
}

// A combination has the attackers and conditions of all its parts, and takes place in the simulator alone.
func TestCombinations(t *testing.T) {
	for _, c := range []struct {
		id             string
		server, reader bool
		want           Condition
	}{
		{"C1", true, false, Condition{WriterDies: 3, Reaches: 1, Lost: true}},
		{"C2", true, false, Condition{WriterDies: 3, Reaches: 1, Lost: true}},
		{"C3", true, true, Condition{WriterDies: 3, Lost: true}},
		{"C4", false, false, Condition{Resets: true, Lost: true}},
		{"C5", true, false, Condition{WriterDies: 2, Lost: true}},
	} {
		a, err := ByID(Catalog(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		if (a.Server != nil) != c.server || (a.Reader != nil) != c.reader || a.Condition != c.want || !a.Virtual {
			t.Errorf("%s: %+v", c.id, a)
		}
	}
}
