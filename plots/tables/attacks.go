package tables

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// attackTable is the matrix attack × protocol of the sets' trials; there is none without trials.
func attackTable(sets []*result.Set) (Tables, error) {
	trials, err := frame.TrialsOf(sets)
	if err != nil || len(trials) == 0 {
		return nil, err
	}
	for _, shown := range [][]frame.Trial{frame.Timelines(trials), frame.Attacks(trials)} {
		if err := frame.Alike(shown); err != nil {
			return nil, fmt.Errorf("table of attacks: %w", err)
		}
	}
	t := Table{Title: "Attacks", Header: []string{"attack"}}
	protocols := frame.Each(trials, frame.PlayedBy)
	for _, p := range protocols {
		t.Header = append(t.Header, look.Name(p))
	}
	for _, id := range frame.AttackIDs(trials) {
		row := []string{frame.AttackName(id, trials)}
		for _, p := range protocols {
			row = append(row, attackCell(trials, p, id))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = attackNotes(trials)
	return Tables{t}, nil
}

// attackCell is what came of one protocol's trial, its throughput, and its READs' rounds.
func attackCell(trials []frame.Trial, protocol, id string) string {
	i := slices.IndexFunc(trials, func(t frame.Trial) bool { return t.Protocol == protocol && t.Attack == id })
	if i < 0 {
		return ""
	}
	t := trials[i]
	switch t.Outcome() {
	case result.Targetless:
		return stat.Missing
	case result.NotPlayed:
		return "skipped"
	}
	text := t.Verdict() + ", " + throughput(t, trials)
	if r := t.Rounds(); r != "" {
		text += ", " + r
	}
	return strings.Replace(text, "✓, ", "✓ ", 1)
}

// throughput is in percent of the fault-free trial's; without one, and for that one, it is in operations per second.
func throughput(t frame.Trial, trials []frame.Trial) string {
	b := t.Baseline(trials)
	if b == nil || t.Attack == result.FaultFree || b.ThroughputOps == 0 {
		return stat.Digits(t.ThroughputOps) + " ops/s"
	}
	return fmt.Sprintf("%.0f %%", 100*t.ThroughputOps/b.ThroughputOps)
}

// attackNotes explain the table and say what a cell has no room for.
func attackNotes(trials []frame.Trial) []string {
	c := caption.TrialCaption(trials)
	notes := []string{
		"✓: withstood, without harm. ✗: harm that was expected and that the checkers caught (in brackets: operations or " +
			"findings). –: nothing to attack. Throughput: READs and WRITEs in percent of the fault-free " +
			"trial. Rounds: of the READs.",
	}
	notes = append(notes, c.Loud...)
	for _, t := range trials {
		if t.Outcome() == result.Unexpected {
			notes = append(notes, fmt.Sprintf("%s: expected %s, found %s: %s.", t, cmp.Or(t.Expected, "no harm"),
				cmp.Or(strings.Join(t.HarmsDone(), ", "), "no harm"), cmp.Or(t.Detail, "no detail")))
		}
	}
	return append(notes, c.Lines...)
}

// TrialList tabulates the trials of the sets one by one, those that were not played too. The table is empty without
// trials.
func TrialList(sets []*result.Set) (Table, error) {
	t := Table{
		Title: "Trials",
		Header: []string{
			"protocol", "attack", "came of it", "expected", "t", "clients", "ops/s", "of fault-free", "READ rounds",
			"READ mean ms", "p99 ms", "WRITE mean ms", "p99 ms", "longest gap ms", "linearizable",
		},
	}
	trials, err := frame.TrialsOf(sets)
	for _, x := range trials {
		if x.Schema == 0 {
			continue // trialsOf added it: no file has it
		}
		t.Rows = append(t.Rows, trialRow(x, trials))
		t.Trials = append(t.Trials, x.Trial)
	}
	return t, err
}

func trialRow(x frame.Trial, trials []frame.Trial) []string {
	came, share := "not played", stat.Missing
	if x.Played() {
		came = x.Verdict()
		if text := throughput(x, trials); strings.HasSuffix(text, "%") {
			share = text
		}
	}
	return []string{
		look.Name(x.Protocol), frame.AttackName(x.Attack, []frame.Trial{x}), came, stat.OrDash(x.Expected), strconv.Itoa(x.T),
		strconv.Itoa(x.Clients), stat.OrMissing(x.ThroughputOps), share, stat.OrDash(x.Rounds()),
		stat.OrMissing(x.ReadMs.Mean), stat.OrMissing(x.ReadMs.P99), stat.OrMissing(x.WriteMs.Mean), stat.OrMissing(x.WriteMs.P99),
		stat.OrMissing(x.LongestGapMs), cmp.Or(string(x.Linearizable.Code), stat.Missing),
	}
}
