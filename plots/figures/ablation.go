package figures

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// AblationOrder is the systems from the top down: the causes, if they are all there, a gap, and the others.
func AblationOrder(cells []frame.Cell) []frame.System {
	var there []frame.System
	for _, c := range cells {
		there = frame.AppendNew(there, c.System())
	}
	slices.SortFunc(there, frame.CompareSystems)
	if slices.ContainsFunc(frame.Causes, func(s frame.System) bool { return !slices.Contains(there, s) }) {
		return there
	}
	others := frame.Keep(there, func(s frame.System) bool { return !slices.Contains(frame.Causes, s) })
	if len(others) == 0 {
		return frame.Causes
	}
	return slices.Concat(frame.Causes, []frame.System{{}}, others)
}

const (
	stripHeight  = 5 * vg.Millimeter // of a system's row
	stripsAround = 16 * vg.Millimeter
)

// ablationRows is the figure of the ablations: peak throughput above, the latency of one client alone below, and in both
// a row per system. The columns are the operations; the gutter is for the systems' names.
func ablationRows(cells []frame.Cell) (rows [][]*plot.Plot, height, gutter vg.Length) {
	order := AblationOrder(cells)
	numbers := frame.Distinct(cells, func(c frame.Cell) int { return c.Clients })
	fewest, throughput := numbers[0], "Peak throughput (MB/s)"
	if len(numbers) == 1 {
		throughput = "Throughput, " + stat.Count(fewest, "client") + " (MB/s)"
	}
	alone := frame.Keep(cells, func(c frame.Cell) bool { return c.Clients == fewest })
	rows = [][]*plot.Plot{
		stripRow(order, frame.Peaks(cells), throughput, func(c frame.Cell) (stat.Estimate, float64) { return c.Throughput(), c.Bound() }),
		stripRow(order, alone, "Mean latency, "+stat.Count(fewest, "client")+" (ms)",
			func(c frame.Cell) (stat.Estimate, float64) { return c.Latency(), 0 }),
	}
	return rows, stripsAround + stripHeight*vg.Length(len(order)), named(order).Gutter()
}

// named is a strip with its name for each system.
func named(order []frame.System) draw.Strips {
	s := make(draw.Strips, len(order))
	for i, system := range order {
		if system.Protocol != "" {
			s[i].Label = system.Name()
		}
	}
	return s
}

// stripRow is a panel per operation.
func stripRow(order []frame.System, cells []frame.Cell, label string, of func(frame.Cell) (stat.Estimate, float64)) []*plot.Plot {
	var row []*plot.Plot
	for i, op := range frame.Distinct(cells, func(c frame.Cell) string { return c.Op }) {
		p := draw.NewPanel(draw.Uprights{})
		p.X.Label.Text = label
		p.Y.Tick.Marker = plot.ConstantTicks(nil)
		s := make(draw.Strips, len(order))
		if i == 0 {
			s = named(order)
		}
		for j, system := range order {
			if system.Protocol == "" {
				continue
			}
			s[j].Look = look.Of(system.Protocol)
			s[j].Height, s[j].Bound = of(frame.Find(cells, func(c frame.Cell) bool { return c.Op == op && c.System() == system }))
		}
		p.Add(s)
		row = append(row, p)
	}
	return alignStrips(row)
}

// alignStrips gives the panels the same limits, so that they compare at sight.
func alignStrips(row []*plot.Plot) []*plot.Plot {
	var longest float64
	for _, p := range row {
		longest = max(longest, p.X.Max)
	}
	for _, p := range row {
		p.X.Max = longest
	}
	return row
}
