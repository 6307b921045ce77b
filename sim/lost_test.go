package sim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/mabd"
)

// Where the attack says so, and only there, servers may miss the first round of a WRITE that has ended.
func TestLostRounds(t *testing.T) {
	for attack, want := range map[string]bool{"N5": false, "C4": true} {
		lost := 0
		for seed := uint64(1); seed <= 100; seed++ {
			o, err := Trace(Scenario{Protocol: mabd.Protocol{}, Attack: mustAttack(t, attack)}, seed, nil)
			if err != nil {
				t.Fatal(err)
			}
			lost += firstRoundsLost(o.Trace)
		}
		if (lost > 0) != want {
			t.Errorf("%s: in 100 schedules %d servers miss the first round of a WRITE that ended", attack, lost)
		}
	}
}

var firstRoundDropped = regexp.MustCompile(`(p\d+) → s\d+ (#\d+) round 1 GetTS\S* is dropped`)

// firstRoundsLost counts the requests of first rounds that were dropped though their WRITE went on to the second.
func firstRoundsLost(trace []string) (n int) {
	for _, line := range trace {
		m := firstRoundDropped.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if end := fmt.Sprintf("%s's WRITE %s ends", m[1], m[2]); slices.ContainsFunc(trace, func(l string) bool { return strings.Contains(l, end) }) {
			n++
		}
	}
	return n
}
