package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// attackTable is the matrix attack × protocol of the sets' trials; there is none without trials.
func attackTable(sets []*result.Set) (Tables, error) {
	trials, err := trialsOf(sets)
	if err != nil || len(trials) == 0 {
		return nil, err
	}
	for _, shown := range [][]trial{timelines(trials), attacks(trials)} {
		if err := alike(shown); err != nil {
			return nil, fmt.Errorf("table of attacks: %w", err)
		}
	}
	t := Table{Title: "Attacks", Header: []string{"attack"}}
	protocols := each(trials, playedBy)
	for _, p := range protocols {
		t.Header = append(t.Header, protocolName(p))
	}
	for _, id := range attackIDs(trials) {
		row := []string{attackName(id, trials)}
		for _, p := range protocols {
			row = append(row, attackCell(trials, p, id))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = attackNotes(trials)
	return Tables{t}, nil
}

// attackName is the attack's ID and name.
func attackName(id string, trials []trial) string {
	t := trials[slices.IndexFunc(trials, func(t trial) bool { return t.Attack == id })]
	if id == faultFree {
		return "fault-free"
	}
	if t.Name == "" || t.Name == id {
		return id
	}
	return id + " " + t.Name
}

// attackCell is what came of one protocol's trial, its throughput, and its READs' rounds.
func attackCell(trials []trial, protocol, id string) string {
	i := slices.IndexFunc(trials, func(t trial) bool { return t.Protocol == protocol && t.Attack == id })
	if i < 0 {
		return ""
	}
	t := trials[i]
	switch t.outcome() {
	case noTarget:
		return missing
	case notPlayed:
		return "skipped"
	}
	text := t.verdict() + ", " + throughput(t, trials)
	if r := t.rounds(); r != "" {
		text += ", " + r
	}
	return strings.Replace(text, "✓, ", "✓ ", 1)
}

// throughput is in percent of the fault-free trial's; without one, and for that one, it is in operations per second.
func throughput(t trial, trials []trial) string {
	b := t.baseline(trials)
	if b == nil || t.Attack == faultFree || b.ThroughputOps == 0 {
		return digits(t.ThroughputOps) + " ops/s"
	}
	return fmt.Sprintf("%.0f %%", 100*t.ThroughputOps/b.ThroughputOps)
}

// attackNotes explain the table and say what a cell has no room for.
func attackNotes(trials []trial) []string {
	c := trialCaption(trials)
	notes := []string{
		"✓: withstood, without harm. ✗: harm that was expected and that the checkers caught (in brackets: operations or " +
			"findings). –: nothing to attack. Throughput: READs and WRITEs in percent of the fault-free " +
			"trial. Rounds: of the READs.",
	}
	notes = append(notes, c.loud...)
	for _, t := range trials {
		if t.outcome() == unexpected {
			notes = append(notes, fmt.Sprintf("%s: expected %s, found %s: %s.", t, cmp.Or(t.Expected, "no harm"),
				cmp.Or(strings.Join(t.harms(), ", "), "no harm"), cmp.Or(t.Detail, "no detail")))
		}
	}
	return append(notes, c.lines...)
}
