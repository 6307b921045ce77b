package caption

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// Network describes the links of a run, as configured and as calibrated, and in a WAN delays and stack. Of links that are
// not what was asked for Warnings tells.
func Network(s *result.Set) []string {
	tb := s.Manifest.Testbed
	if !tb.Shaped && !tb.Unlimited {
		return nil
	}
	calibration := "not calibrated."
	if len(tb.Before) > 0 {
		up, down := math.Inf(1), math.Inf(1)
		for _, l := range tb.Before {
			up, down = min(up, l.UpMbps), min(down, l.DownMbps)
		}
		calibration = fmt.Sprintf("%s %.0f/%.0f Mbit/s (slowest link, up/down).", calibrated(tb), up, down)
	}
	lines := []string{frame.LinkName(tb) + ", " + calibration}
	if tb.Unlimited {
		lines = append(lines, "Nothing limits the links: this is about processors and disks, and not comparable with the paper.")
	}
	if len(tb.Delays) > 0 {
		lines = append(lines, frame.DelayName(tb.Delays)+"; "+measuredDelays(tb)+".")
	}
	if len(tb.Delays) > 0 || tb.Guest != "" {
		lines = append(lines, strings.Join(frame.Stack(s.Manifest), "; ")+".")
	}
	return lines
}

// calibrated says what the measurement of links was for: without a limit they are compared with nothing.
func calibrated(tb result.Testbed) string {
	if tb.Unlimited {
		return "measured"
	}
	return "calibrated"
}

// measuredDelays is how the delays were before the first run; where they differ by pair, how far off what was asked. Between machines
// they were measured both ways together.
func measuredDelays(tb result.Testbed) string {
	if len(tb.TripsBefore) > 0 {
		var shares []float64
		for _, t := range tb.TripsBefore {
			shares = append(shares, 100*t.MeanMs/t.AskedMeanMs)
		}
		return fmt.Sprintf("they prolong round trips by %.1f to %.1f %% of what the parameters give (%s)",
			slices.Min(shares), slices.Max(shares), stat.Count(len(shares), "pair"))
	}
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
