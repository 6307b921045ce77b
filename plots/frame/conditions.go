package frame

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// A Dim is a dimension of measurements, as captions name its value.
type Dim[T any] func(T) string

// The dimensions of points.
var (
	Variant Dim[Cell] = func(c Cell) string { return "variant " + c.Variant }
	// Suite is the suite of a measurement's cryptography.
	Suite Dim[Cell] = func(c Cell) string { return "suite " + c.Suite }
	// Durability is where a record is before a server replies.
	Durability Dim[Cell] = func(c Cell) string { return "durability " + c.Durability }
	// sealed is empty of connections in the clear, as captions do not say what is usual.
	sealed Dim[Cell] = func(c Cell) string {
		if c.Auth == result.TLS {
			return "TLS"
		}
		return c.Auth
	}
	Threshold Dim[Cell] = func(c Cell) string { return "t = " + strconv.Itoa(c.T) }
	ValueSize Dim[Cell] = func(c Cell) string { return SizeName(c.Series) + " values" }
	Clients   Dim[Cell] = func(c Cell) string { return stat.Count(c.Clients, "client") }
)

// SizeName is how large the series' values are, such as "64 KiB", or the distribution that their sizes are drawn from.
func SizeName(s result.Series) string {
	if s.Sizes.Asked() {
		return s.Size()
	}
	return stat.SizeName(s.ValueBytes)
}

// UsualDims are variant, suite, durability and whether TLS carries the connections, and those given.
func UsualDims(more ...Dim[Cell]) []Dim[Cell] {
	return append([]Dim[Cell]{Variant, Suite, Durability, sealed}, more...)
}

// circumstances must be the same in all cells of any figure. How TCP copes with delays counts only in a WAN.
var circumstances = []Dim[Cell]{
	func(c Cell) string { return LinkName(c.Set.Manifest.Testbed) },
	func(c Cell) string { return counting(c.Set) },
	func(c Cell) string { return profiled(c.Set.Manifest) },
	func(c Cell) string { return DelayName(c.Set.Manifest.Testbed.Delays) },
	func(c Cell) string { return Stack(c.Set.Manifest)[0] },
	func(c Cell) string { return KeyModel(c.All()[0]) + " keys" },
	ifWAN(func(c Cell) string { return Stack(c.Set.Manifest)[1] }),
	ifWAN(func(c Cell) string { return Stack(c.Set.Manifest)[2] }),
}

// CountedEarlier reports whether the run's points were counted by the rules of an earlier version: throughput is of what ended
// in the window, and bounds and traffic are of values and fragments alone.
func CountedEarlier(s *result.Set) bool {
	return slices.ContainsFunc(s.Points, func(p result.Point) bool {
		return p.Ops > 0 && !p.PebbleAlone() && p.ModelFactor == result.TrafficFactor{}
	})
}

func counting(s *result.Set) string {
	if CountedEarlier(s) {
		return "Counted by the rules of an earlier version"
	}
	return "Counted by today's rules"
}

// profiled says whether the run was slower because its processes were profiled.
func profiled(m result.Manifest) string {
	if m.Profiled {
		return "Profiled"
	}
	return "Not profiled"
}

func ifWAN(of Dim[Cell]) Dim[Cell] {
	return func(c Cell) string {
		if !InWAN(c.Set) {
			return ""
		}
		return of(c)
	}
}

// Same refuses cells of one figure that differ in a dimension that neither an axis nor the legend tells apart.
func Same(fixed []Dim[Cell], cells []Cell) error {
	place := func(c Cell) string { return filepath.Join(c.Set.Dir, result.PointsFile) }
	if err := same(cells, slices.Concat(fixed, circumstances), place); err != nil {
		return err
	}
	for _, c := range cells[1:] {
		if !slices.Equal(cells[0].Set.Manifest.Testbed.Delays, c.Set.Manifest.Testbed.Delays) {
			return fmt.Errorf("%s and %s differ in the delays of some hosts: plot each into a folder of its own",
				place(cells[0]), place(c))
		}
	}
	return nil
}

// SameTrials refuses trials of one figure or table that differ in what it does not tell apart.
func SameTrials(trials []Trial) error {
	return same(trials, []Dim[Trial]{
		func(t Trial) string { return "t = " + strconv.Itoa(t.T) },
		func(t Trial) string { return stat.SizeName(t.ValueBytes) + " values" },
		func(t Trial) string { return stat.Count(t.Clients, "client") },
		func(t Trial) string { return stat.Count(t.Keys, "key") },
		func(t Trial) string { return TestbedName(t.Set.Manifest.Testbed) },
	}, func(t Trial) string { return filepath.Join(t.Set.Dir, result.TrialsFile) })
}

func same[T any](all []T, fixed []Dim[T], place func(T) string) error {
	if of, x, found := differ(all, fixed); found {
		return fmt.Errorf("%s in %s but %s in %s: one figure or table cannot show both, plot each into a folder of its own",
			of(all[0]), place(all[0]), of(x), place(x))
	}
	return nil
}

// differ finds a dimension in which they are not all the same, and one that is not as the first in it.
func differ[T any](all []T, fixed []Dim[T]) (of Dim[T], other T, found bool) {
	for _, of := range fixed {
		for _, x := range all {
			if of(all[0]) != of(x) {
				return of, x, true
			}
		}
	}
	return nil, other, false
}

// Together refuses cells of an experiment that is only planned, if one figure with these dimensions could not show them all.
func Together(fixed []Dim[Cell], cells []Cell) error {
	if of, x, found := differ(cells, fixed); found {
		return fmt.Errorf("cannot show both %s and %s", of(cells[0]), of(x))
	}
	return nil
}

// TestbedName is the emulated network of trials as configured.
func TestbedName(tb result.Testbed) string {
	name := cmp.Or(tb.Mode, "unknown network") + ". " + LinkName(tb)
	if len(tb.Delays) > 0 {
		name += ". " + DelayName(tb.Delays)
	}
	return name
}

// LinkName is the links as configured.
func LinkName(tb result.Testbed) string {
	switch {
	case tb.Unlimited && tb.Topology == result.Loopback:
		return "Plain loopback"
	case tb.Unlimited:
		return fmt.Sprintf("Topology %s, links unlimited", tb.Topology)
	case !tb.Shaped:
		return "Links not shaped"
	}
	name := fmt.Sprintf("Topology %s, shaped %s per direction", tb.Topology, rateName(tb.RateBits))
	if tb.QueueBytes > 0 { // manifests of earlier versions do not say
		name += " behind queues of " + stat.SizeName(int(tb.QueueBytes))
	}
	return name
}

func rateName(bits int64) string {
	if bits >= 1e9 {
		return fmt.Sprintf("%g Gbit/s", float64(bits)/1e9)
	}
	return fmt.Sprintf("%g Mbit/s", float64(bits)/1e6)
}

// DelayName is the delays as configured.
func DelayName(delays []result.Delay) string {
	switch {
	case len(delays) == 0:
		return "No NetEm delays"
	case SameForAll(delays):
		d := delays[0]
		name := fmt.Sprintf("NetEm in each direction: %s delay, mean %g ms", distributionName(d), d.MeanMs)
		if d.JitterMs > 0 {
			name += fmt.Sprintf(", jitter %g ms", d.JitterMs)
		}
		name += faults(d, "")
		if d.RateBits > 0 {
			name += ", in order at " + rateName(d.RateBits)
		}
		return name
	}
	low, high := math.Inf(1), 0.0
	var worst result.Delay
	for _, d := range delays {
		low, high = min(low, d.MeanMs), max(high, d.MeanMs)
		worst.Loss, worst.Reorder = max(worst.Loss, d.Loss), max(worst.Reorder, d.Reorder)
	}
	return fmt.Sprintf("NetEm delays by pair of hosts: mean %g to %g ms one way, %s%s",
		low, high, strings.Join(Distinct(delays, distributionName), " and "), faults(worst, "up to "))
}

// SameForAll reports whether the delays are the same between all hosts.
func SameForAll(delays []result.Delay) bool {
	return len(delays) == 1 && delays[0].From == "" && delays[0].To == ""
}

// faults names loss and reordering that NetEm was asked for, after a comma; it is empty without.
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

// distributionName is the distribution of a delay, which is fixed without jitter.
func distributionName(d result.Delay) string {
	if d.JitterMs == 0 {
		return "fixed"
	}
	return cmp.Or(strings.Replace(d.Distribution, "pareto", "Pareto", 1), "uniform")
}

// Stack is the kernel, whether packets of up to 64 KiB pass the links whole, and TCP's congestion control.
func Stack(m result.Manifest) []string {
	tcp := "TCP " + cmp.Or(m.Testbed.Congestion, "congestion control unknown")
	stack := []string{"Native kernel", "segmentation offload off", tcp}
	if m.Testbed.Guest != "" {
		stack[0] = "User-mode Linux " + m.Testbed.Guest + " guest"
	}
	if m.Testbed.Offload {
		stack[1] = "segmentation offload on"
	}
	return stack
}
