package caption

import (
	"fmt"
	"math"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// Network describes the emulated network of a shaped run, as configured and as calibrated.
func Network(s *result.Set) []string {
	tb := s.Manifest.Testbed
	if !tb.Shaped {
		return nil
	}
	calibration := "not calibrated."
	if len(tb.Before) > 0 {
		up, down := math.Inf(1), math.Inf(1)
		for _, l := range tb.Before {
			up, down = min(up, l.UpMbps), min(down, l.DownMbps)
		}
		calibration = fmt.Sprintf("calibrated %.0f/%.0f Mbit/s (slowest link, up/down).", up, down)
	}
	return append([]string{frame.LinkName(tb) + ", " + calibration}, wanNetwork(s)...)
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
		lines = append(lines, frame.DelayName(tb.Delays)+"; "+measuredDelays(tb)+".")
	}
	return append(lines, fmt.Sprintf("%s; %s; %s.", frame.KernelName(s.Manifest), frame.OffloadName(tb), frame.CongestionName(tb)))
}

// measuredDelays is how the delays were before the first run. Where they differ by pair, it is how far off the means
// were from what was asked.
func measuredDelays(tb result.Testbed) string {
	var means, distances []float64
	unit := "ms"
	for _, m := range tb.DelaysBefore {
		switch {
		case frame.SameForAll(tb.Delays):
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
		slices.Min(means), slices.Max(means), unit, slices.Max(distances), stat.Count(len(distances), "path"))
}
