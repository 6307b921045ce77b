package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// wan reports whether the cell's run was one over links with delays.
func (c Cell) wan() bool { return inWAN(c.Set) }

// inWAN reports whether the run was one over links with delays, or should have been.
func inWAN(s *result.Set) bool {
	return len(s.Manifest.Testbed.Delays) > 0 || known[s.Manifest.Figure].wan ||
		slices.ContainsFunc(s.Points, func(p result.Point) bool { return known[p.Figure].wan })
}

// wanNetwork describes what a WAN adds to the links of a run: delays as configured and as measured, and what decides
// how TCP copes with them. It is empty for a LAN.
func wanNetwork(s *result.Set) []string {
	tb := s.Manifest.Testbed
	if len(tb.Delays) == 0 && tb.Guest == "" {
		return nil
	}
	var lines []string
	if len(tb.Delays) > 0 {
		lines = append(lines, delayName(tb.Delays)+"; "+measuredDelays(tb)+".")
	}
	return append(lines, fmt.Sprintf("%s; %s; %s.", kernelName(s.Manifest), offloadName(tb), congestionName(tb)))
}

// delayName is the delays as configured.
func delayName(delays []result.Delay) string {
	switch {
	case len(delays) == 0:
		return "No NetEm delays"
	case sameForAll(delays):
		return "NetEm in each direction: " + delayNameOf(delays[0])
	}
	low, high := math.Inf(1), 0.0
	var distributions []string
	var worst result.Delay
	for _, d := range delays {
		low, high = min(low, d.MeanMs), max(high, d.MeanMs)
		distributions = appendNew(distributions, distributionName(d))
		worst.Loss, worst.Reorder = max(worst.Loss, d.Loss), max(worst.Reorder, d.Reorder)
	}
	slices.Sort(distributions)
	return fmt.Sprintf("NetEm delays by pair of hosts: mean %g to %g ms one way, %s%s",
		low, high, strings.Join(distributions, " and "), faults(worst, "up to "))
}

func sameForAll(delays []result.Delay) bool {
	return len(delays) == 1 && delays[0].From == "" && delays[0].To == ""
}

// delayNameOf is what NetEm was asked to do.
func delayNameOf(d result.Delay) string {
	name := fmt.Sprintf("%s delay, mean %g ms", distributionName(d), d.MeanMs)
	if d.JitterMs > 0 {
		name += fmt.Sprintf(", jitter %g ms", d.JitterMs)
	}
	name += faults(d, "")
	if d.RateBits > 0 {
		name += ", in order at " + rateName(d.RateBits)
	}
	return name
}

// faults is what NetEm was asked to do to some packets, to go on with after a comma; empty if nothing.
func faults(d result.Delay, upTo string) string {
	name := ""
	if d.Loss > 0 {
		name += fmt.Sprintf(", loss %s%g %%", upTo, 100*d.Loss)
	}
	if d.Reorder > 0 {
		name += fmt.Sprintf(", reordering %s%g %%", upTo, 100*d.Reorder)
	}
	return name
}

// distributionName is the distribution of a delay, which without jitter has none.
func distributionName(d result.Delay) string {
	if d.JitterMs == 0 {
		return "fixed"
	}
	return cmp.Or(strings.Replace(d.Distribution, "pareto", "Pareto", 1), "uniform")
}

// measuredDelays is how the delays were before the first run. Where they differ by pair, it is how far off the means
// were from what was asked.
func measuredDelays(tb result.Testbed) string {
	var means, distances []float64
	unit := "ms"
	for _, m := range tb.DelaysBefore {
		switch {
		case sameForAll(tb.Delays):
			means = append(means, m.MeanMs)
		case m.AskedMeanMs > 0:
			unit = "% of what the parameters give"
			means = append(means, 100*m.MeanMs/m.AskedMeanMs)
		}
		distances = append(distances, m.KS)
	}
	if len(means) == 0 {
		return "not measured"
	}
	return fmt.Sprintf("measured means %.1f to %.1f %s, largest Kolmogorov–Smirnov distance %.3f (%s)",
		slices.Min(means), slices.Max(means), unit, slices.Max(distances), count(len(distances), "path"))
}

func kernelName(m result.Manifest) string {
	if m.Testbed.Guest != "" {
		return "User-mode Linux " + m.Testbed.Guest + " guest"
	}
	return "Native kernel"
}

func offloadName(tb result.Testbed) string {
	if tb.Offload {
		return "segmentation offload on"
	}
	return "segmentation offload off"
}

func congestionName(tb result.Testbed) string {
	return "TCP " + cmp.Or(tb.Congestion, "congestion control unknown")
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
