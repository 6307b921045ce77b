package figures

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// stripRows set systems one below the other: peak throughput above, the latency of one client alone below.
var stripRows = []panel{
	{x: peak, plot: strips, align: alignStrips},
	{x: latency, plot: strips, align: alignStrips},
}

// stripSize has room for the systems and, in the gutter, for their names.
func stripSize(cells []frame.Cell) (row, gutter vg.Length) {
	order := stripOrder(cells)
	return 16*vg.Millimeter + 5*vg.Millimeter*vg.Length(len(order)), named(order).Gutter()
}

// stripOrder is the systems from the top down: the causes of M-PoWerStore's gain, if all are there, a gap, the others.
func stripOrder(cells []frame.Cell) []frame.System {
	all := frame.Each(cells, func(c frame.Cell) frame.System { return c.System })
	slices.SortFunc(all, frame.System.Compare)
	var causes []frame.System
	for _, cause := range frame.Causes {
		causes = append(causes, frame.Keep(all, cause.Is)...)
	}
	others := frame.Keep(all, func(s frame.System) bool { return !slices.Contains(causes, s) })
	switch {
	case len(causes) < len(frame.Causes):
		return all
	case len(others) == 0:
		return causes
	}
	return slices.Concat(causes, []frame.System{{}}, others)
}

// named is a strip with its name for each system.
func named(order []frame.System) draw.Strips {
	s := make(draw.Strips, len(order))
	for i, system := range order {
		if s[i].Gap = system == (frame.System{}); !s[i].Gap {
			s[i].Label = system.Name()
		}
	}
	return s
}

// strips is a strip per system. Only the first column names them.
func strips(d panel, c column) *draw.Panel {
	p := draw.NewStripPlot()
	numbers := frame.Distinct(c.all, func(c frame.Cell) int { return c.Clients })
	fewest := stat.Count(numbers[0], "client")
	cells := d.x.shown(c.cells)
	switch {
	case !d.x.peaks:
		p.X.Label.Text = "Mean latency, " + fewest + " (ms)"
		cells = frame.Keep(cells, func(c frame.Cell) bool { return c.Clients == numbers[0] })
	case len(numbers) == 1:
		p.X.Label.Text = "Throughput, " + fewest + " (MB/s)"
	default:
		p.X.Label.Text = d.x.label
	}
	order := stripOrder(c.all)
	s := named(order)
	for i, system := range order {
		if !c.first {
			s[i].Label = ""
		}
		if !s[i].Gap {
			cell := frame.Find(cells, func(c frame.Cell) bool { return c.System == system })
			s[i].Look, s[i].Height = lookOf(system), cell.Estimate(d.x.of)
			if d.x.peaks {
				s[i].Bound = cell.Bound()
			}
		}
	}
	p.Add(s)
	return p
}

// alignStrips gives the panels the same limits, so that they compare at sight.
func alignStrips(row []*draw.Panel) {
	longest := slices.MaxFunc(row, func(a, b *draw.Panel) int { return cmp.Compare(a.X.Max, b.X.Max) }).X.Max
	for _, p := range row {
		p.X.Max = longest
	}
}
