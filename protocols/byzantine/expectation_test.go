package byzantine

import "testing"

// What is expected of an attack allows the harm that it names and what that brings about; beyond what a protocol promises it allows
// any, but some there must be if one is named.
func TestExpectations(t *testing.T) {
	for _, c := range []struct {
		name  string
		e     Expectation
		found []Harm
		holds bool
	}{
		{"withstood", Expectation{}, nil, true},
		{"not withstood", Expectation{}, []Harm{Stale}, false},
		{"the harm", Expectation{Harm: Exhaustion}, []Harm{Exhaustion}, true},
		{"no harm", Expectation{Harm: Exhaustion}, nil, false},
		{"what it brings about", Expectation{Harm: Phantom}, []Harm{Phantom, Stale, Exhaustion, Failure}, true},
		{"another harm", Expectation{Harm: Exhaustion}, []Harm{Exhaustion, Hang}, false},
		{"another harm, beyond", Expectation{Harm: Exhaustion, Beyond: true}, []Harm{Exhaustion, Hang}, true},
		{"no harm, though one is named, beyond", Expectation{Harm: Exhaustion, Beyond: true}, nil, false},
		{"no harm, beyond", Expectation{Beyond: true}, nil, true},
		{"any harm, beyond", Expectation{Beyond: true}, []Harm{Phantom, Growth}, true},
	} {
		found := map[Harm]int64{}
		for _, h := range c.found {
			found[h] = 1
		}
		if got := c.e.Holds(found); got != c.holds {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
