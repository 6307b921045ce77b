package frame

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// InWAN reports whether the run was one over links with delays, or should have been.
func InWAN(s *result.Set) bool {
	return len(s.Manifest.Testbed.Delays) > 0 || Known[s.Manifest.Figure].Wan ||
		slices.ContainsFunc(s.Points, func(p result.Point) bool { return Known[p.Figure].Wan })
}

// DelayName is the delays as configured.
func DelayName(delays []result.Delay) string {
	switch {
	case len(delays) == 0:
		return "No NetEm delays"
	case SameForAll(delays):
		return "NetEm in each direction: " + delayNameOf(delays[0])
	}
	low, high := math.Inf(1), 0.0
	var distributions []string
	var worst result.Delay
	for _, d := range delays {
		low, high = min(low, d.MeanMs), max(high, d.MeanMs)
		distributions = AppendNew(distributions, distributionName(d))
		worst.Loss, worst.Reorder = max(worst.Loss, d.Loss), max(worst.Reorder, d.Reorder)
	}
	slices.Sort(distributions)
	return fmt.Sprintf("NetEm delays by pair of hosts: mean %g to %g ms one way, %s%s",
		low, high, strings.Join(distributions, " and "), faults(worst, "up to "))
}

func SameForAll(delays []result.Delay) bool {
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

func KernelName(m result.Manifest) string {
	if m.Testbed.Guest != "" {
		return "User-mode Linux " + m.Testbed.Guest + " guest"
	}
	return "Native kernel"
}

func OffloadName(tb result.Testbed) string {
	if tb.Offload {
		return "segmentation offload on"
	}
	return "segmentation offload off"
}

func CongestionName(tb result.Testbed) string {
	return "TCP " + cmp.Or(tb.Congestion, "congestion control unknown")
}

// LinkName is the links as configured.
func LinkName(tb result.Testbed) string {
	if !tb.Shaped {
		return "Links not shaped"
	}
	return fmt.Sprintf("Topology %s, shaped %s per direction", tb.Topology, rateName(tb.RateBits))
}

func rateName(bits int64) string {
	if bits >= 1e9 {
		return fmt.Sprintf("%g Gbit/s", float64(bits)/1e9)
	}
	return fmt.Sprintf("%g Mbit/s", float64(bits)/1e6)
}

// TestbedName is the emulated network of trials as configured.
func TestbedName(tb result.Testbed) string {
	name := cmp.Or(tb.Mode, "unknown network") + ". " + LinkName(tb)
	if len(tb.Delays) > 0 {
		name += ". " + DelayName(tb.Delays)
	}
	return name
}
