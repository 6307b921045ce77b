package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// trialCaption says under which circumstances the trials took place, and what nobody may overlook.
func trialCaption(trials []trial) caption {
	var c caption
	sets := each(trials, setOf)
	if slices.ContainsFunc(sets, func(s *result.Set) bool { return s.Manifest.Quick }) {
		c.loud = append(c.loud, "QUICK RUN: trials are shorter than those of a full run")
	}
	for _, doubt := range []struct {
		text  string
		about func(trial) bool
	}{
		{"NOT AS EXPECTED: ", func(t trial) bool { return t.outcome() == unexpected }},
		{"NOT VERIFIED, the checkers could not decide: ", trial.unverified},
	} {
		if about := keep(trials, doubt.about); len(about) > 0 {
			c.loud = append(c.loud, doubt.text+strings.Join(each(about, trial.String), ", "))
		}
	}
	c.lines = append(c.lines, trialParameters(trials))
	c.lines = append(c.lines, skippedTrials(trials)...)
	for _, s := range sets {
		c.lines = appendNew(c.lines, trialTestbed(s), trialVersion(s))
	}
	return c
}

// trialParameters is the trials' duration, parameters and seeds.
func trialParameters(trials []trial) string {
	var durations []float64
	for _, t := range keep(trials, trial.played) {
		durations = append(durations, t.DurationS)
	}
	duration := "No trial was played"
	if len(durations) > 0 {
		duration = "One trial each, of " + fmt.Sprintf("%.3g s", slices.Min(durations))
		if most := fmt.Sprintf("%.3g s", slices.Max(durations)); !strings.HasSuffix(duration, most) {
			duration += " to " + most
		}
	}
	servers := each(trials, func(t trial) string {
		return fmt.Sprintf("%s: %d", protocolName(t.Protocol), t.Servers)
	})
	seeds := each(trials, func(t trial) string { return strconv.FormatUint(t.set.Manifest.Seed, 10) })
	t := trials[0]
	return fmt.Sprintf("%s; t = %d (servers of %s); %s values, %s, %s; seed %s.", duration, t.T,
		strings.Join(servers, ", "), sizeName(t.ValueBytes), count(t.Clients, "client"), count(t.Keys, "key"),
		strings.Join(seeds, ", "))
}

// skippedTrials is a line for each reason for which trials were not played.
func skippedTrials(trials []trial) []string {
	var lines []string
	skipped := keep(trials, func(t trial) bool { return t.outcome() == notPlayed })
	for _, reason := range each(skipped, func(t trial) string { return t.Skipped }) {
		of := keep(skipped, func(t trial) bool { return t.Skipped == reason })
		lines = append(lines, fmt.Sprintf("Not played: %s (%s).", strings.Join(each(of, trial.String), ", "), reason))
	}
	return lines
}

// testbedName is the emulated network of trials as configured.
func testbedName(tb result.Testbed) string {
	name := cmp.Or(tb.Mode, "unknown network") + ". " + linkName(tb)
	if len(tb.Delays) > 0 {
		name += ". " + delayName(tb.Delays)
	}
	return name
}

func trialTestbed(s *result.Set) string {
	tb := s.Manifest.Testbed
	text := "Testbed: " + testbedName(tb)
	if tb.Why != "" {
		text += " (" + tb.Why + ")"
	}
	return text + "."
}

func trialVersion(s *result.Set) string {
	v := s.Manifest.Version
	revision := cmp.Or(v.PoWBench, "unknown")
	if v.Dirty {
		revision += " with uncommitted changes"
	}
	return fmt.Sprintf("powbench %s, %s; %s, kernel %s.", revision, cmp.Or(v.Go, "unknown Go"),
		count(s.Manifest.Machine.Cores, "core"), cmp.Or(s.Manifest.Machine.Kernel, "unknown"))
}
