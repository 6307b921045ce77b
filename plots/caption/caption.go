// Package caption says in words under which circumstances something was measured, and what nobody may overlook.
//
// It imports stat, look and frame; figures and tables import it.
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

// A caption is the text below a figure: what nobody may overlook, in larger type, and the circumstances.
type Caption struct {
	Loud  []string
	Lines []string
}

// New says under which circumstances the figure's cells were measured and what of them was left out.
func New(fixed []frame.Parameter, note string, cells []frame.Cell) Caption {
	var c Caption
	sets := frame.SetsOf(cells)
	for _, s := range sets {
		c.Loud = frame.AppendNew(c.Loud, Warnings(s)...)
	}
	if n := violations(cells); n > 0 {
		c.Loud = append(c.Loud, "NOT LINEARIZABLE: the checkers found violations in "+stat.Count(n, "run"))
	}
	if note != "" {
		c.Lines = append(c.Lines, note)
	}
	c.Lines = append(c.Lines, Repetitions(cells))
	if m := missingCells(cells); len(m) > 0 {
		c.Lines = append(c.Lines, "Missing, without a valid run: "+strings.Join(m, "; ")+".")
	}
	c.Lines = append(c.Lines, parameters(fixed, cells))
	c.Lines = append(c.Lines, load(cells)...)
	for _, s := range sets {
		c.Lines = frame.AppendNew(c.Lines, Network(s)...)
	}
	return c
}

// Warnings is what a reader must know before comparing the run with anything.
func Warnings(s *result.Set) []string {
	var w []string
	isShaped := func(p result.Point) bool { return p.Shaped }
	if tb := s.Manifest.Testbed; !tb.Shaped || !frame.AllOf(s.Points, isShaped) {
		text := "UNSHAPED: " + cmp.Or(tb.Mode, "unknown network") + ", not comparable with the paper"
		if tb.Why != "" {
			text += " (" + tb.Why + ")"
		}
		w = append(w, text)
	} else if frame.InWAN(s) && len(tb.Delays) == 0 {
		w = append(w, "NO DELAYS: links without NetEm are no WAN, not comparable with the paper")
	}
	if s.Manifest.Quick {
		w = append(w, "QUICK RUN: fewer points, repetitions and seconds than the experiment asks for")
	}
	return w
}

// Repetitions says how many runs are behind a point and how many were left out.
func Repetitions(cells []frame.Cell) string {
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
func missingCells(cells []frame.Cell) []string {
	var names []string
	for _, c := range cells {
		if len(c.Valid) == 0 {
			names = append(names, c.String())
		}
	}
	return names
}

// parameters is what all points share, and the numbers of clients, in the order of a curve's points.
func parameters(fixed []frame.Parameter, cells []frame.Cell) string {
	var shared, counts []string
	for _, of := range slices.Backward(fixed) {
		shared = append(shared, of(cells[0]))
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
		text += "; " + strings.Join(counts, ", ")
	}
	return text + "."
}

// violations counts the runs whose history a checker found not to be linearizable.
func violations(cells []frame.Cell) int {
	n := 0
	for _, c := range cells {
		for _, p := range c.All() {
			if p.Linearizable.Code == result.Violation {
				n++
			}
		}
	}
	return n
}
