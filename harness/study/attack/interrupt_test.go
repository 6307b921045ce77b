package attack

import (
	"slices"
	"testing"
)

// Writers are interrupted where they are to die, at every number of servers that the attack allows.
func TestInterruptions(t *testing.T) {
	for _, c := range []struct {
		attack, protocol string
		rounds           []int
		most, number     int // servers reached; WRITEs
	}{
		{"W1", "mabd", []int{2}, 2, 6},
		{"W1", "mpowerstore", []int{2, 3}, 3, 24},
		{"W2", "mpowerstore", []int{3}, 1, 4},
		{"W1", "powerstore", []int{1, 2}, 3, 24}, // its one writer does not ask for the time
	} {
		tr := newTrial(t, c.attack, c.protocol)
		all := interruptions(tr.attack, tr.protocol.Traits(1), 1)
		var rounds []int
		most, firsts := 0, map[int]bool{}
		for _, s := range all {
			rounds, most = append(rounds, s.Round), max(most, len(s.Reached))
			firsts[s.Reached[0]] = true
			if one, other := s.Readers[0], s.Readers[1]; len(s.Readers) != 3 || !slices.Contains(one, s.Reached[0]) || slices.Contains(other, s.Reached[0]) {
				t.Errorf("%s on %s: %+v", c.attack, c.protocol, s)
			}
		}
		slices.Sort(rounds)
		if rounds = slices.Compact(rounds); !slices.Equal(rounds, c.rounds) || most != c.most || len(all) != c.number ||
			len(firsts) != tr.protocol.Traits(1).Servers {
			t.Errorf("%s on %s: %d WRITEs in the rounds %v at %d servers, first %v", c.attack, c.protocol, len(all), rounds, most, firsts)
		}
	}
	for id, want := range map[string]bool{"W1": true, "W2": true, "W3": false, "R3": false, "B2": false, "none": false} {
		a, err := ByID(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := interrupts(a); got != want {
			t.Errorf("%s interrupts: %v", id, got)
		}
	}
}
