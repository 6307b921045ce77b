// Package caption says in words under which circumstances something was measured, and what must not be overlooked.
//
// It imports stat and frame; figures and tables import it.
package caption

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// A Caption is the text below a figure: what must not be overlooked, in larger type, and the circumstances.
type Caption struct {
	Loud  []string
	Lines []string
}

// OfPoints says how the cells of a figure were measured and what was left out. The note comes first; cells share fixed.
func OfPoints(note string, fixed []frame.Dim[frame.Cell], cells []frame.Cell) Caption {
	var c Caption
	sets := frame.Each(cells, func(c frame.Cell) *result.Set { return c.Set })
	violations := 0
	var missing []string
	for _, cell := range cells {
		for _, p := range cell.All() {
			if p.Linearizable.Code == result.Violation {
				violations++
			}
		}
		if len(cell.Valid) == 0 {
			missing = append(missing, cell.String())
		}
	}
	var networks []string
	for _, s := range sets {
		c.Loud, networks = frame.AppendNew(c.Loud, Warnings(s)...), frame.AppendNew(networks, Network(s)...)
	}
	if violations > 0 {
		c.Loud = append(c.Loud, "NOT LINEARIZABLE: the checkers found violations in "+stat.Count(violations, "run"))
	}
	c.Lines = lines(note, Repetitions(cells), listed("Missing, without a valid run: ", missing), parameters(fixed, cells))
	c.Lines = slices.Concat(c.Lines, load(cells), networks)
	if slices.ContainsFunc(sets, frame.CountedEarlier) {
		c.Lines = append(c.Lines, Earlier)
	}
	return c
}

// Earlier marks what was measured before windows and bytes were counted as today.
const Earlier = "Counted by the rules of an earlier version: throughput is of the operations that ended in the window, and bounds " +
	"are of values and fragments alone."

// lines are those that are not empty.
func lines(all ...string) []string { return frame.Keep(all, func(l string) bool { return l != "" }) }

// listed is the list behind its heading; it is empty without items.
func listed(heading string, items []string) string {
	if len(items) == 0 {
		return ""
	}
	return heading + strings.Join(items, "; ") + "."
}

// Warnings tell a reader what to know before comparing the run with anything.
func Warnings(s *result.Set) []string {
	var w []string
	tb := s.Manifest.Testbed
	switch {
	case tb.Unlimited: // Network says so: it was asked for
	case !tb.Shaped || slices.ContainsFunc(s.Points, func(p result.Point) bool { return !p.Shaped }):
		text := "UNSHAPED: " + cmp.Or(tb.Mode, "unknown network") + ", not comparable with the paper"
		w = append(w, text+inBrackets(tb.Why))
	case frame.InWAN(s) && len(tb.Delays) == 0:
		w = append(w, "NO DELAYS: links without NetEm are no WAN, not comparable with the paper")
	}
	if s.Manifest.Quick {
		w = append(w, "QUICK RUN: fewer points, repetitions and seconds than the experiment asks for")
	}
	if s.Manifest.Profiled {
		w = append(w, "PROFILED RUN: all processes were profiled meanwhile, which takes time")
	}
	return w
}

func inBrackets(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// Repetitions says how many runs are behind a point and how many were left out.
func Repetitions(cells []frame.Cell) string {
	least, most, invalid, total := math.MaxInt, 0, 0, 0
	for _, c := range cells {
		if n := len(c.Valid); n > 0 {
			least, most = min(least, n), max(most, n)
		}
		invalid, total = invalid+len(c.Invalid), total+len(c.All())
	}
	var s string
	switch {
	case most == 0:
		s = "No valid run"
	case most == 1:
		s = "One run per point, so there is no confidence interval"
	case least == most:
		s = fmt.Sprintf("Mean and 95 %% confidence interval (Student's t) of n = %d runs per point", most)
	default:
		s = fmt.Sprintf("Mean and 95 %% confidence interval (Student's t; none for n = 1) of n = %d to %d runs per point",
			least, most)
	}
	if invalid > 0 {
		s += fmt.Sprintf("; %d of %d runs were invalid and are left out", invalid, total)
	}
	return s + "."
}

// parameters names what all points share, and the numbers of clients, in the order of a curve's points.
func parameters(fixed []frame.Dim[frame.Cell], cells []frame.Cell) string {
	var shared, counts []string
	for _, of := range slices.Backward(fixed) {
		if what := of(cells[0]); what != "" {
			shared = append(shared, what)
		}
	}
	text := strings.Join(shared, ", ")
	if closed := frame.Keep(cells, frame.IsClosed); len(closed) > 0 {
		cells = closed // the others' clients are no point of a curve
	}
	numbers := frame.Distinct(cells, func(c frame.Cell) int { return c.Clients })
	last := len(numbers) - 1
	for _, n := range numbers[:last] {
		counts = append(counts, strconv.Itoa(n))
	}
	if counts = append(counts, stat.Count(numbers[last], "client")); !slices.Contains(shared, counts[0]) {
		text = strings.TrimPrefix(text+"; "+strings.Join(counts, ", "), "; ")
	}
	return text + "."
}

// keyModels describes how clients draw keys where it is not uniformly, one model after the other.
func keyModels(cells []frame.Cell) (lines []string) {
	for _, c := range cells {
		for _, p := range c.All() {
			line := ""
			switch p.KeyModel {
			case result.Hot:
				line = "Hot keys: all clients use one key with some probability, otherwise each its own."
			case result.Zipf:
				line = fmt.Sprintf("Keys by Zipf's law: all clients draw from %d keys with skew %v, the same ones most often.", p.Keys, p.Skew)
			}
			if line != "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

var arrivalNames = map[string]string{result.Poisson: "Poisson arrivals", result.Fixed: "evenly spaced arrivals"}

// load describes what is unlike the paper in the load of the cells; it is empty if nothing is.
func load(cells []frame.Cell) []string {
	var lines []string
	share := 0.0
	for _, c := range cells {
		share = max(share, c.Background())
	}
	lines = append(lines, keyModels(cells)...)
	if share > 0 {
		lines = append(lines, "READs beside a writer, whose traffic was at most "+stat.Percent(share)+" of all bytes.")
	}
	open := frame.Keep(cells, frame.IsOpen)
	if len(open) == 0 {
		return lines
	}
	var pools []string
	for _, n := range frame.Distinct(open, func(c frame.Cell) int { return c.Clients }) {
		pools = append(pools, stat.Count(n, "client"))
	}
	rates := frame.Distinct(open, func(c frame.Cell) float64 { return c.Rate })
	return append(lines, fmt.Sprintf("Open loop: %s at %g to %g/s, whether or not earlier operations have ended, taken by %s.",
		strings.Join(frame.Distinct(open, func(c frame.Cell) string { return arrivalNames[c.Arrival] }), " and "),
		slices.Min(rates), slices.Max(rates), strings.Join(pools, " or ")))
}

// OfTrials says under which circumstances the trials took place, and what must not be overlooked. The note comes first.
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
	c.Lines = lines(note, trialParameters(trials))
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

// build names the program that ran, and its machine.
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
	var without []string
	for _, c := range cells {
		invalid, total = invalid+len(c.Invalid), total+len(c.All())
		if len(c.Valid) == 0 {
			without = append(without, fmt.Sprintf("%s at t = %d", c.Scheme, c.T))
		}
	}
	left := ""
	if invalid > 0 {
		left = fmt.Sprintf("Left out: %d of %d measurements, which the hypervisor disturbed.", invalid, total)
	}
	return lines(left, listed("Missing, without an undisturbed measurement: ", without))
}
