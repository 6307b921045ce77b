package figures

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// NewPage lays out the figure of that name from its cells, of which there is at least one.
func NewPage(name string, cells []frame.Cell) (*draw.Page, error) {
	f := Figures[name]
	if err := frame.Check(f.Fixed, cells); err != nil {
		return nil, err
	}
	c := caption.New(f.Fixed, f.Note, cells)
	p := &draw.Page{
		Figure: name, Heading: figureHeading(name, cells[0].Set.Manifest.Title), RowHeight: draw.PanelHeight,
		Loud: c.Loud, Lines: c.Lines,
	}
	for _, op := range frame.Distinct(cells, func(c frame.Cell) string { return c.Op }) {
		p.Titles = append(p.Titles, title(name, op))
	}
	if f.rows != nil {
		p.Rows, p.RowHeight, p.Gutter = f.rows(cells)
	} else {
		p.Rows = [][]*plot.Plot{f.panels(cells)}
		for _, protocol := range frame.ProtocolsOf(cells) {
			l := look.Of(protocol)
			p.Legend = append(p.Legend, draw.Entry{Name: l.Title, Sample: f.entry(l)})
		}
	}
	p.Legend = append(p.Legend, f.marks(cells)...)
	return p, nil
}

// title is that of an operation's panel in a figure.
func title(figure, op string) string {
	if frame.Known[figure].Wan {
		return stat.OpName(op) + " in the WAN"
	}
	return stat.OpName(op)
}

// figureHeading is what a figure shows by the title of its experiment; one of the paper's has a number before it.
func figureHeading(name, title string) string {
	if len(name) != 2 || name[0] < '0' || name[0] > '9' {
		return cmp.Or(title, "Figure "+name)
	}
	number := "Figure " + name[:1] + "(" + name[1:] + ")"
	if title == "" {
		return number
	}
	return number + ": " + title
}

// All makes a page for each figure that points, trials and costs of the sets belong to.
func All(sets []*result.Set) ([]*draw.Page, error) {
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	pages, err := Points(cells)
	if err != nil {
		return nil, err
	}
	attacks, err := TrialFigures(sets)
	if err != nil {
		return nil, err
	}
	costs, err := CostFigure(sets)
	return slices.Concat(pages, attacks, costs), err
}

// Points makes a page for each figure among the cells.
func Points(cells []frame.Cell) ([]*draw.Page, error) {
	byFigure := map[string][]frame.Cell{}
	for _, c := range cells {
		if c.Figure == frame.OpenFigure || c.Figure != "" && !frame.Known[c.Figure].Table && frame.IsClosed(c) {
			byFigure[c.Figure] = append(byFigure[c.Figure], c)
		}
	}
	var pages []*draw.Page
	for _, name := range slices.Sorted(maps.Keys(byFigure)) {
		p, err := NewPage(name, byFigure[name])
		if err != nil {
			return nil, fmt.Errorf("figure %s: %w", name, err)
		}
		pages = append(pages, p)
	}
	return pages, nil
}

// Pictures makes a picture of each figure that Draw would draw of the sets, and refuses what Draw refuses.
func Pictures(sets []*result.Set) ([]draw.Picture, error) {
	pages, err := All(sets)
	if err != nil {
		return nil, err
	}
	pictures := make([]draw.Picture, len(pages))
	for i, p := range pages {
		pictures[i] = p.Picture()
	}
	return pictures, nil
}
