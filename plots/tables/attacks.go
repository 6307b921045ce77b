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
	"github.com/powbench/powbench/plots/stat"
)

// attackTable is the matrix attack × protocol of the sets' trials, if they have some.
func attackTable(sets []*result.Set) (Tables, error) {
	trials, err := frame.Trials(sets)
	if err != nil || len(trials) == 0 {
		return nil, err
	}
	for _, shown := range [][]frame.Trial{frame.Keep(trials, frame.IsTimeline), frame.Attacks(trials)} {
		if err := frame.SameTrials(shown); err != nil {
			return nil, fmt.Errorf("table of attacks: %w", err)
		}
	}
	of := func(id string) func(frame.Trial) bool { return func(t frame.Trial) bool { return t.Attack == id } }
	columns := []column[string]{{head: "attack", of: func(id string) string { return frame.Find(trials, of(id)).AttackName() }}}
	for _, system := range frame.Each(trials, func(t frame.Trial) frame.System { return t.System }) {
		own := frame.Keep(trials, func(t frame.Trial) bool { return t.System == system })
		columns = append(columns, column[string]{head: system.Name(), of: func(id string) string {
			if !slices.ContainsFunc(own, of(id)) {
				return ""
			}
			return cameOf(frame.Find(own, of(id)), trials)
		}})
	}
	return Tables{tabulate("Attacks", columns, frame.AttackIDs(trials), attackNotes(trials)...)}, nil
}

// cameOf is the verdict on a trial, its throughput, and its READs' rounds.
func cameOf(t frame.Trial, trials []frame.Trial) string {
	switch t.Outcome() {
	case result.Targetless:
		return stat.Missing
	case result.NotPlayed:
		return "skipped"
	}
	throughput := stat.Digits(t.ThroughputOps) + " ops/s"
	if share := shareOf(t, trials); share != "" {
		throughput = share
	}
	text := t.Verdict() + ", " + throughput
	if r := t.RoundsName(); r != "" {
		text += ", " + r
	}
	return strings.Replace(text, "✓, ", "✓ ", 1)
}

// shareOf is the throughput in percent of the fault-free trial's of the same run; empty without one, and for that one.
func shareOf(t frame.Trial, trials []frame.Trial) string {
	free := frame.Find(trials, func(o frame.Trial) bool {
		return o.Attack == result.FaultFree && o.System == t.System && o.Set == t.Set && o.Played()
	})
	if t.Attack == result.FaultFree || free.ThroughputOps == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*t.ThroughputOps/free.ThroughputOps)
}

// attackNotes explain the table and say what a cell has no room for.
func attackNotes(trials []frame.Trial) []string {
	c := caption.OfTrials("", trials)
	notes := []string{
		"✓: withstood, without harm. ✗: harm that was expected and that the checkers caught (in brackets: operations or " +
			"findings). –: nothing to attack. Throughput: READs and WRITEs in percent of the fault-free " +
			"trial. Rounds: of the READs.",
	}
	notes = append(notes, c.Loud...)
	for _, t := range trials {
		if t.Outcome() == result.Unexpected {
			notes = append(notes, fmt.Sprintf("%s: expected %s, found %s: %s.", t, cmp.Or(t.Expected, "no harm"),
				cmp.Or(t.HarmsDone(), "no harm"), cmp.Or(t.Detail, "no detail")))
		}
	}
	return append(notes, c.Lines...)
}

// TrialList tabulates the trials of the sets one by one, those that were not played too.
func TrialList(sets []*result.Set) (Table, error) {
	all, err := frame.Trials(sets)
	trials := frame.Keep(all, func(t frame.Trial) bool { return t.Schema > 0 }) // the others are in no file
	ms := func(head string, of func(frame.Trial) float64) column[frame.Trial] {
		return column[frame.Trial]{head: head, of: func(t frame.Trial) string { return stat.OrMissing(of(t)) }}
	}
	p99 := func(of func(frame.Trial) (result.Latency, int64)) column[frame.Trial] {
		return column[frame.Trial]{head: "p99 ms", of: func(t frame.Trial) string {
			latency, operations := of(t)
			return frame.PercentileOf(frame.P99, latency.P99, operations).Text()
		}}
	}
	t := tabulate("Trials", []column[frame.Trial]{
		{head: "protocol", of: func(t frame.Trial) string { return t.System.Name() }},
		{head: "attack", of: frame.Trial.AttackName},
		{head: "came of it", of: func(t frame.Trial) string {
			if !t.Played() {
				return "not played"
			}
			return t.Verdict()
		}},
		{head: "expected", of: func(t frame.Trial) string { return stat.OrDash(t.Expected) }},
		{head: "t", of: func(t frame.Trial) string { return strconv.Itoa(t.T) }},
		{head: "clients", of: func(t frame.Trial) string { return strconv.Itoa(t.Clients) }},
		ms("ops/s", func(t frame.Trial) float64 { return t.ThroughputOps }),
		{head: "of fault-free", of: func(t frame.Trial) string {
			if !t.Played() {
				return stat.Missing
			}
			return stat.OrDash(shareOf(t, all))
		}},
		{head: "READ rounds", of: func(t frame.Trial) string { return stat.OrDash(t.RoundsName()) }},
		ms("READ mean ms", func(t frame.Trial) float64 { return t.ReadMs.Mean }),
		p99(func(t frame.Trial) (result.Latency, int64) { return t.ReadMs, t.Ops.Reads }),
		ms("WRITE mean ms", func(t frame.Trial) float64 { return t.WriteMs.Mean }),
		p99(func(t frame.Trial) (result.Latency, int64) { return t.WriteMs, t.Ops.Writes }),
		ms("longest gap ms", func(t frame.Trial) float64 { return t.LongestGapMs }),
		{head: "linearizable", of: func(t frame.Trial) string { return stat.OrDash(string(t.Linearizable.Code)) }},
	}, trials, fmt.Sprintf("p99 – (in brackets: the trial's operations): too few, it takes %d.", result.PercentileNeeds(frame.P99)))
	for _, x := range trials {
		t.Trials = append(t.Trials, x.Trial)
	}
	return t, err
}
