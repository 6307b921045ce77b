package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A caption is the text below a figure: what nobody may overlook, in larger type, and the circumstances.
type caption struct {
	loud  []string
	lines []string
}

// newCaption says under which circumstances the figure's cells were measured and what of them was left out.
func newCaption(fixed []parameter, note string, cells []Cell) caption {
	var c caption
	sets := setsOf(cells)
	for _, s := range sets {
		c.loud = appendNew(c.loud, warnings(s)...)
	}
	if n := violations(cells); n > 0 {
		c.loud = append(c.loud, "NOT LINEARIZABLE: the checkers found violations in "+count(n, "run"))
	}
	if note != "" {
		c.lines = append(c.lines, note)
	}
	c.lines = append(c.lines, repetitions(cells))
	if m := missingCells(cells); len(m) > 0 {
		c.lines = append(c.lines, "Missing, without a valid run: "+strings.Join(m, "; ")+".")
	}
	c.lines = append(c.lines, parameters(fixed, cells))
	c.lines = append(c.lines, load(cells)...)
	for _, s := range sets {
		c.lines = appendNew(c.lines, network(s)...)
	}
	return c
}

// warnings is what a reader must know before comparing the run with anything.
func warnings(s *result.Set) []string {
	var w []string
	isShaped := func(p result.Point) bool { return p.Shaped }
	if tb := s.Manifest.Testbed; !tb.Shaped || !allOf(s.Points, isShaped) {
		text := "UNSHAPED: " + cmp.Or(tb.Mode, "unknown network") + ", not comparable with the paper"
		if tb.Why != "" {
			text += " (" + tb.Why + ")"
		}
		w = append(w, text)
	} else if inWAN(s) && len(tb.Delays) == 0 {
		w = append(w, "NO DELAYS: links without NetEm are no WAN, not comparable with the paper")
	}
	if s.Manifest.Quick {
		w = append(w, "QUICK RUN: fewer points, repetitions and seconds than the experiment asks for")
	}
	return w
}

// repetitions says how many runs are behind a point and how many were left out.
func repetitions(cells []Cell) string {
	least, most, invalid, total := math.MaxInt, 0, 0, 0
	for _, c := range cells {
		if n := len(c.Valid); n > 0 {
			least, most = min(least, n), max(most, n)
		}
		invalid += len(c.Invalid)
		total += len(c.Valid) + len(c.Invalid)
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

// missingCells names the measurements that no valid point is left of.
func missingCells(cells []Cell) []string {
	var names []string
	for _, c := range cells {
		if len(c.Valid) == 0 {
			names = append(names, c.String())
		}
	}
	return names
}

// parameters is what all points share, and the numbers of clients, in the order of a curve's points.
func parameters(fixed []parameter, cells []Cell) string {
	var shared, counts []string
	for _, of := range slices.Backward(fixed) {
		shared = append(shared, of(cells[0]))
	}
	text := strings.Join(shared, ", ")
	if closed := keep(cells, isClosed); len(closed) > 0 {
		cells = closed // the others' clients are no point of a curve
	}
	numbers := distinct(cells, func(c Cell) int { return c.Clients })
	last := len(numbers) - 1
	for _, n := range numbers[:last] {
		counts = append(counts, strconv.Itoa(n))
	}
	if counts = append(counts, count(numbers[last], "client")); !slices.Contains(shared, counts[0]) {
		text += "; " + strings.Join(counts, ", ")
	}
	return text + "."
}

// network describes the emulated network of a shaped run, as configured and as calibrated.
func network(s *result.Set) []string {
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
	return append([]string{linkName(tb) + ", " + calibration}, wanNetwork(s)...)
}

// linkName is the links as configured.
func linkName(tb result.Testbed) string {
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

func setsOf(cells []Cell) []*result.Set {
	var sets []*result.Set
	for _, c := range cells {
		sets = appendNew(sets, c.Set)
	}
	return sets
}

// violations counts the runs whose history a checker found not to be linearizable.
func violations(cells []Cell) int {
	n := 0
	for _, c := range cells {
		for _, p := range c.All() {
			if p.Linearizable.Verdict == "violation" {
				n++
			}
		}
	}
	return n
}

func appendNew[T comparable](s []T, more ...T) []T {
	for _, x := range more {
		if !slices.Contains(s, x) {
			s = append(s, x)
		}
	}
	return s
}

func allOf[T any](s []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(s, func(x T) bool { return !holds(x) })
}
