package plots

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
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
	return tables.Markdown()
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

func TestOutcome(t *testing.T) {
	harm := map[string]int64{"stale read": 2}
	ok := result.Verdict{Verdict: "ok"}
	for _, c := range []struct {
		trial   result.Trial
		outcome outcome
		says    string
	}{
		{result.Trial{Held: true, Linearizable: ok}, withstood, "✓"},
		{result.Trial{Held: true, Linearizable: result.Verdict{Verdict: "unknown"}}, withstood, "? not verified"},
		{result.Trial{Held: true, Harms: map[string]int64{"hang": 0}}, withstood, "✓"},
		{result.Trial{Held: true, Harms: harm}, caught, "✗ stale read (2)"},
		{result.Trial{Held: true, Linearizable: result.Verdict{Verdict: "violation"}}, caught, "✗ not linearizable"},
		{result.Trial{Harms: harm}, unexpected, "NOT AS EXPECTED: stale read (2)"},
		{result.Trial{Expected: "stale read"}, unexpected, "NOT AS EXPECTED: no harm"},
		{result.Trial{Held: true, Skipped: "no namespaces"}, notPlayed, ""},
		{result.Trial{Skipped: "of course", Expected: nothingToAttack}, noTarget, ""},
	} {
		x := trial{c.trial, nil}
		if got := x.outcome(); got != c.outcome || x.played() != (c.says != "") {
			t.Errorf("%+v is outcome %d, played: %v; want %d", c.trial, got, x.played(), c.outcome)
		}
		if c.says != "" && x.verdict() != c.says {
			t.Errorf("%+v reads %q, want %q", c.trial, x.verdict(), c.says)
		}
	}
}

func TestRounds(t *testing.T) {
	for want, rounds := range map[string]map[string]int64{
		"": {"2": 0}, "1 round": {"1": 4}, "2 rounds": {"2": 1, "3": 0}, "2 to 10 rounds": {"10": 1, "3": 5, "2": 1},
	} {
		if got := (trial{result.Trial{ReadRounds: rounds}, nil}).rounds(); got != want {
			t.Errorf("%v are %q, want %q", rounds, got, want)
		}
	}
}

// A run that was finished has no trial where there is nothing to attack; in one that was not, a trial is missing.
func TestTrialsThatAreNotThere(t *testing.T) {
	s := syntheticTrials()
	want := attackText(t, s)
	s.Trials = keep(s.Trials, func(t result.Trial) bool { return t.Expected != nothingToAttack })
	if got := attackText(t, s); got == want || strings.Contains(got, "| – |") {
		t.Errorf("an unfinished run has nothing to attack: %s", got)
	}
	if svg := renderTrials(t, s)["attacks"]; strings.Contains(svg, nothingToAttack) {
		t.Error("the figure of an unfinished run explains what it does not show")
	}
	s.Manifest.Finished = "2026-11-23T05:00:00Z"
	if got := attackText(t, s); got != want {
		t.Errorf("a finished run reads\n%s\nwant\n%s", got, want)
	}
}

func TestAttackIDs(t *testing.T) {
	var trials []trial
	for _, id := range strings.Fields("timeline F1 R2 B10 N3 B2 none W1 B0 R10") {
		trials = append(trials, trial{result.Trial{Attack: id}, nil})
	}
	if got := strings.Join(attackIDs(trials), " "); got != "none B0 B2 B10 R2 R10 W1 N3 F1 timeline" {
		t.Errorf("the order of attacks is %s", got)
	}
}
