package figures

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// A Choice is a figure of one's own: any number of points against any other.
type Choice struct {
	Name       string   // of its files, such as "free"
	Title      string   // empty for what it shows
	X, Y       string   // numbers by their names in points.jsonl, such as clients or latency_ms.mean
	Facet      string   // the condition that there is a panel for each value of; empty for the operation
	LogX, LogY bool     // the axis is logarithmic
	Select     []string // conditions to keep, such as t=1; all of them must hold
	Peaks      bool     // only the number of clients with the highest throughput of each series
}

// Free is the page of a choice. It refuses fields and conditions that there are not, and what does not belong together.
func Free(sets []*result.Set, choice Choice) (*draw.Page, error) {
	for _, field := range []string{choice.X, choice.Y} {
		if err := checkField(field); err != nil {
			return nil, err
		}
	}
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	return choice.draw(cells)
}

// draw makes the page of the choice among the cells.
func (choice Choice) draw(cells []frame.Cell) (_ *draw.Page, err error) {
	if cells, err = selected(cells, choice.Select); err != nil {
		return nil, err
	}
	if choice.Peaks {
		cells = frame.Peaks(cells)
	}
	if len(cells) == 0 {
		return nil, errors.New("no measurement is selected")
	}
	facet, err := conditionOf(cmp.Or(choice.Facet, "op"))
	if err != nil {
		return nil, err
	}
	if err := frame.Same(nil, cells); err != nil {
		return nil, err
	}
	x, y := numberOf(choice.X, choice.LogX), numberOf(choice.Y, choice.LogY)
	if !slices.ContainsFunc(cells, func(c frame.Cell) bool { return estimated(c, x).Known() && estimated(c, y).Known() }) {
		return nil, fmt.Errorf("no measurement has %s and %s: the repetitions have no such numbers, too few operations for a percentile, "+
			"or nothing above 0 for a logarithmic axis", choice.X, choice.Y)
	}
	return choice.page(cells, facet), nil
}

// checkField refuses what is no number of a point, and says which is meant.
func checkField(name string) error {
	known := frame.Numbers(result.Point{})
	if _, is := known[name]; is {
		return nil
	}
	return fmt.Errorf("%q is no number of a point: these are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}

// page lays out a panel for each value of the facet, two side by side.
func (choice Choice) page(cells []frame.Cell, facet condition) *draw.Page {
	series := choice.series(cells, facet)
	shared := frame.Keep(frame.UsualDims(frame.ValueSize, frame.Threshold), func(d frame.Dim[frame.Cell]) bool {
		return len(frame.Each(cells, d)) == 1
	})
	c := caption.OfPoints(choice.note(), shared, cells)
	p := &draw.Page{
		Name: choice.Name, Heading: cmp.Or(choice.Title, axisName(choice.Y)+" against "+axisName(choice.X)), RowHeight: draw.PanelHeight,
		Loud: c.Loud, Lines: c.Lines,
	}
	var panels []*draw.Panel
	var titles []string
	for _, value := range frame.Each(cells, facet.of) {
		own := frame.Keep(cells, func(c frame.Cell) bool { return facet.of(c) == value })
		panels, titles = append(panels, choice.panel(own, cells, series)), append(titles, facet.label(own[0]))
	}
	draw.Align(panels)
	if len(panels) <= 2 {
		p.Titles = titles
	} else { // those of the page stand above the first row alone
		for i, panel := range panels {
			panel.Title.Text = titles[i]
		}
	}
	for row := range slices.Chunk(panels, 2) {
		for len(row) < min(2, len(panels)) { // rows are equally long
			row = append(row, draw.NewBlank())
		}
		p.Rows = append(p.Rows, row)
	}
	p.Legend = series.legend()
	return p
}

// note says in the caption what the choice leaves out.
func (choice Choice) note() string {
	var parts []string
	if choice.Peaks {
		parts = append(parts, "Of each series the number of clients with the highest throughput.")
	}
	if shareOf(choice.X) > 0 || shareOf(choice.Y) > 0 {
		parts = append(parts, "Percentiles are means over the runs, where each of them has enough operations for one.")
	}
	return strings.Join(parts, " ")
}

// shareOf is that of a percentile; 0 of other fields.
func shareOf(field string) float64 {
	return frame.Shares[field[strings.LastIndex(field, ".")+1:]]
}

// panel is a curve for each series, along growing x.
func (choice Choice) panel(cells, all []frame.Cell, series curveLooks) *draw.Panel {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = axisName(choice.X), axisName(choice.Y)
	x, y := numberOf(choice.X, choice.LogX), numberOf(choice.Y, choice.LogY)
	for _, name := range frame.Each(all, series.name) {
		own := frame.Keep(cells, func(c frame.Cell) bool { return series.name(c) == name })
		if len(own) == 0 {
			continue
		}
		l := draw.Curve{Look: series.look(own[0])}
		for _, c := range own {
			if dot := (draw.Dot{X: estimated(c, x), Y: estimated(c, y)}); dot.X.Known() {
				l.Dots = append(l.Dots, dot)
			}
		}
		if conditionAxis(choice.X) || choice.Peaks {
			slices.SortStableFunc(l.Dots, func(a, b draw.Dot) int { return cmp.Compare(a.X.Mean, b.X.Mean) })
		}
		p.Add(l)
	}
	values := func(field string) (values []float64) {
		of := numberOf(field, false)
		for _, c := range all {
			if e := estimated(c, of); e.Known() {
				values = append(values, e.Low(), e.Mean, e.High())
			}
		}
		return values
	}
	if choice.LogX {
		p.LogX(scaled(values(choice.X)), 1, micro)
	}
	if choice.LogY {
		p.LogY(scaled(values(choice.Y)), 1, micro)
	}
	setTicks(&p.X, choice.X)
	setTicks(&p.Y, choice.Y)
	if choice.LogX && choice.X == "value_bytes" {
		setSizeTicks(p, all)
	}
	return p
}

// numberOf is the field of a point, or what logCurves makes of it.
func numberOf(field string, log bool) func(result.Point) float64 {
	return func(p result.Point) float64 {
		x := frame.Numbers(p)[field]
		part, _, _ := strings.Cut(field, ".")
		if share := shareOf(field); share > 0 && !result.Supports(share, frame.Sample(p, part)) {
			return math.NaN()
		}
		if log {
			return micro + math.Log10(x)
		}
		return x
	}
}

// estimated is the cell's estimate; unknown where a repetition has no such number, or none that has a logarithm.
func estimated(c frame.Cell, of func(result.Point) float64) stat.Estimate {
	for _, v := range c.Values(of) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return stat.Estimate{}
		}
	}
	return c.Estimate(of)
}

// scaled is the values in the units of a logarithmic axis that is shifted by micro.
func scaled(values []float64) []float64 {
	for i := range values {
		values[i] *= math.Pow10(micro)
	}
	return values
}
