package command

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// A condition counts under the attacks that reached it, those first that did most; one that none reached is missed.
func TestConditions(t *testing.T) {
	row := func(attack string, disagree, forged int64) result.Simulated {
		return result.Simulated{Protocol: "phalanx", Attack: attack, Conditions: map[string]int64{
			"a quorum that is not of one mind": disagree, "a higher timestamp whose signature does not verify": forged,
		}}
	}
	for name, c := range map[string]struct {
		rows   []result.Simulated
		missed int
		want   string
	}{
		"all reached": {[]result.Simulated{row("none", 3, 0), row("B1", 5, 2)}, 0, "not of one mind                    8           B1, none"},
		"one missed":  {[]result.Simulated{row("none", 3, 0)}, 1, "NO ATTACK"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			missed, err := (&simulateOptions{protocols: []string{"phalanx", "cas"}, schedules: fairSchedules}).conditions(&out, c.rows)
			if err != nil || missed != c.missed || !strings.Contains(out.String(), c.want) {
				t.Errorf("%d missed, want %d, and %q: %v in\n%s", missed, c.missed, c.want, err, out.String())
			}
		})
	}
}
