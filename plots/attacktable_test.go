package plots

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// attackText is the table of the sets' trials.
func attackText(t *testing.T, sets ...*result.Set) string {
	t.Helper()
	tables, err := Summary(sets)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != 1 {
		t.Fatalf("%d tables of an attack run, want one", len(tables))
	}
	return markdownOf(tables)
}

func TestTableOfTrials(t *testing.T) {
	checkGolden(t, "attacks.md", attackText(t, syntheticTrials()))
	checkGolden(t, "attacks-doubtful.md", attackText(t, doubtful()))
}

// A share is one of the fault-free trial of the same run; where there is none, the table has operations per second.
func TestThroughputWithoutBaseline(t *testing.T) {
	for name, spoil := range map[string]func(t *result.Trial){
		"missing": func(t *result.Trial) { t.Attack = "B99" },
		"skipped": func(t *result.Trial) { t.Skipped = "for a reason" },
		"zero":    func(t *result.Trial) { t.ThroughputOps = 0 },
	} {
		text := attackText(t, changed(only("phalanx", "none", spoil)))
		for _, line := range strings.Split(text, "\n") {
			if cells := strings.Split(line, "|"); len(cells) > 4 && strings.Contains(cells[1], "B1 silent") {
				if !strings.Contains(cells[2], " %") || !strings.Contains(cells[4], " ops/s") {
					t.Errorf("baseline %s: %s", name, line)
				}
			}
		}
	}
}

// A run that was finished has no trial where there is nothing to attack; in one that was not, a trial is missing.
func TestTrialsThatAreNotThere(t *testing.T) {
	s := syntheticTrials()
	want := attackText(t, s)
	s.Trials = frame.Keep(s.Trials, func(t result.Trial) bool { return t.Expectation != result.NoTarget })
	if got := attackText(t, s); got == want || strings.Contains(got, "| – |") {
		t.Errorf("an unfinished run has nothing to attack: %s", got)
	}
	if svg := rendered(t, s)["attacks"]; strings.Contains(svg, "nothing to attack") {
		t.Error("the figure of an unfinished run explains what it does not show")
	}
	s.Manifest.Finished = "2026-11-23T05:00:00Z"
	if got := attackText(t, s); got != want {
		t.Errorf("a finished run reads\n%s\nwant\n%s", got, want)
	}
}
