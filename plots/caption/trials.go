package caption

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// TrialCaption says under which circumstances the trials took place, and what nobody may overlook.
func TrialCaption(trials []frame.Trial) Caption {
	var c Caption
	sets := frame.Each(trials, frame.SetOf)
	if slices.ContainsFunc(sets, func(s *result.Set) bool { return s.Manifest.Quick }) {
		c.Loud = append(c.Loud, "QUICK RUN: trials are shorter than those of a full run")
	}
	for _, doubt := range []struct {
		text  string
		about func(frame.Trial) bool
	}{
		{"NOT AS EXPECTED: ", func(t frame.Trial) bool { return t.Outcome() == result.Unexpected }},
		{"NOT VERIFIED, the checkers could not decide: ", frame.Trial.Unverified},
	} {
		if about := frame.Keep(trials, doubt.about); len(about) > 0 {
			c.Loud = append(c.Loud, doubt.text+strings.Join(frame.Each(about, frame.Trial.String), ", "))
		}
	}
	c.Lines = append(c.Lines, trialParameters(trials))
	c.Lines = append(c.Lines, skippedTrials(trials)...)
	for _, s := range sets {
		c.Lines = frame.AppendNew(c.Lines, trialTestbed(s), trialVersion(s))
	}
	return c
}

// trialParameters is the trials' duration, parameters and seeds.
func trialParameters(trials []frame.Trial) string {
	var durations []float64
	for _, t := range frame.Keep(trials, frame.Trial.Played) {
		durations = append(durations, t.DurationS)
	}
	duration := "No trial was played"
	if len(durations) > 0 {
		duration = "One trial each, of " + fmt.Sprintf("%.3g s", slices.Min(durations))
		if most := fmt.Sprintf("%.3g s", slices.Max(durations)); !strings.HasSuffix(duration, most) {
			duration += " to " + most
		}
	}
	servers := frame.Each(trials, func(t frame.Trial) string {
		return fmt.Sprintf("%s: %d", look.Name(t.Protocol), t.Servers)
	})
	seeds := frame.Each(trials, func(t frame.Trial) string { return strconv.FormatUint(t.Set.Manifest.Seed, 10) })
	t := trials[0]
	return fmt.Sprintf("%s; t = %d (servers of %s); %s values, %s, %s; seed %s.", duration, t.T,
		strings.Join(servers, ", "), stat.SizeName(t.ValueBytes), stat.Count(t.Clients, "client"), stat.Count(t.Keys, "key"),
		strings.Join(seeds, ", "))
}

// skippedTrials is a line for each reason for which trials were not played.
func skippedTrials(trials []frame.Trial) []string {
	var lines []string
	skipped := frame.Keep(trials, func(t frame.Trial) bool { return t.Outcome() == result.NotPlayed })
	for _, reason := range frame.Each(skipped, func(t frame.Trial) string { return t.Skipped }) {
		of := frame.Keep(skipped, func(t frame.Trial) bool { return t.Skipped == reason })
		lines = append(lines, fmt.Sprintf("Not played: %s (%s).", strings.Join(frame.Each(of, frame.Trial.String), ", "), reason))
	}
	return lines
}

func trialTestbed(s *result.Set) string {
	tb := s.Manifest.Testbed
	text := "Testbed: " + frame.TestbedName(tb)
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
		stat.Count(s.Manifest.Machine.Cores, "core"), cmp.Or(s.Manifest.Machine.Kernel, "unknown"))
}
