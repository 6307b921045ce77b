package caption

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// OfTrials says under which circumstances the trials took place, and what nobody may overlook. The note comes before all else.
func OfTrials(note string, trials []frame.Trial) Caption {
	var c Caption
	sets := frame.Each(trials, func(t frame.Trial) *result.Set { return t.Set })
	if slices.ContainsFunc(sets, func(s *result.Set) bool { return s.Manifest.Quick }) {
		c.Loud = append(c.Loud, "QUICK RUN: trials are shorter than those of a full run")
	}
	list := func(trials []frame.Trial) string { return strings.Join(frame.Each(trials, frame.Trial.String), ", ") }
	unexpected := frame.Keep(trials, func(t frame.Trial) bool { return t.Outcome() == result.Unexpected })
	if len(unexpected) > 0 {
		c.Loud = append(c.Loud, "NOT AS EXPECTED: "+list(unexpected))
	}
	if unverified := frame.Keep(trials, frame.Trial.Unverified); len(unverified) > 0 {
		c.Loud = append(c.Loud, "NOT VERIFIED, the checkers could not decide: "+list(unverified))
	}
	if note != "" {
		c.Lines = append(c.Lines, note)
	}
	c.Lines = append(c.Lines, trialParameters(trials))
	skipped := frame.Keep(trials, func(t frame.Trial) bool { return t.Outcome() == result.NotPlayed })
	for _, reason := range frame.Each(skipped, func(t frame.Trial) string { return t.Skipped }) {
		of := frame.Keep(skipped, func(t frame.Trial) bool { return t.Skipped == reason })
		c.Lines = append(c.Lines, fmt.Sprintf("Not played: %s (%s).", list(of), reason))
	}
	for _, s := range sets {
		tb := s.Manifest.Testbed
		c.Lines = frame.AppendNew(c.Lines, "Testbed: "+frame.TestbedName(tb)+inBrackets(tb.Why)+".", build(s.Manifest))
	}
	return c
}

// trialParameters is the trials' duration, parameters and seeds.
func trialParameters(trials []frame.Trial) string {
	duration := "No trial was played"
	if played := frame.Keep(trials, func(t frame.Trial) bool { return t.Played() }); len(played) > 0 {
		durations := frame.Distinct(played, func(t frame.Trial) float64 { return t.DurationS })
		least, most := fmt.Sprintf("%.3g s", durations[0]), fmt.Sprintf("%.3g s", durations[len(durations)-1])
		duration = "One trial each, of " + least
		if most != least {
			duration += " to " + most
		}
	}
	servers := frame.Each(trials, func(t frame.Trial) string { return fmt.Sprintf("%s: %d", t.System.Name(), t.Servers) })
	seeds := frame.Each(trials, func(t frame.Trial) string { return strconv.FormatUint(t.Set.Manifest.Seed, 10) })
	t := trials[0]
	return fmt.Sprintf("%s; t = %d (servers of %s); %s values, %s, %s; seed %s.", duration, t.T,
		strings.Join(servers, ", "), stat.SizeName(t.ValueBytes), stat.Count(t.Clients, "client"), stat.Count(t.Keys, "key"),
		strings.Join(seeds, ", "))
}

// build is what ran, and on what.
func build(m result.Manifest) string {
	revision := cmp.Or(m.Version.PoWBench, "unknown")
	if m.Version.Dirty {
		revision += " with uncommitted changes"
	}
	return fmt.Sprintf("powbench %s, %s; %s, kernel %s.", revision, cmp.Or(m.Version.Go, "unknown Go"),
		stat.Count(m.Machine.Cores, "core"), cmp.Or(m.Machine.Kernel, "unknown"))
}

// OfCosts says how costs were measured and what of them was left out. The note comes before all else.
func OfCosts(note string, cells frame.CostCells) Caption {
	return Caption{Lines: append([]string{note, CostCircumstances(cells)}, CostsLeftOut(cells)...)}
}

// CostCircumstances say what was measured where.
func CostCircumstances(cells frame.CostCells) string {
	s := cells[0].Set
	return fmt.Sprintf("Message of %s; %s; %s", stat.Count(s.Costs[0].MessageBytes, "byte"),
		cmp.Or(s.Manifest.Machine.CPU, "unknown processor"), build(s.Manifest))
}

// CostsLeftOut says how many measurements were disturbed.
func CostsLeftOut(cells frame.CostCells) []string {
	invalid, total := 0, 0
	var lines, without []string
	for _, c := range cells {
		invalid, total = invalid+len(c.Invalid), total+len(c.All())
		if len(c.Valid) == 0 {
			without = append(without, fmt.Sprintf("%s at t = %d", c.Scheme, c.T))
		}
	}
	if invalid > 0 {
		lines = append(lines, fmt.Sprintf("Left out: %d of %d measurements, which the hypervisor disturbed.", invalid, total))
	}
	if len(without) > 0 {
		lines = append(lines, fmt.Sprintf("Missing, without an undisturbed measurement: %s.", strings.Join(without, "; ")))
	}
	return lines
}
