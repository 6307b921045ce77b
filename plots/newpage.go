package plots

import "gonum.org/v1/plot"

// newPage lays out the figure of that name from its cells, of which there is at least one.
func newPage(name string, cells []Cell) (*page, error) {
	f := figures[name]
	if err := check(f.fixed, cells); err != nil {
		return nil, err
	}
	c := newCaption(f.fixed, f.note, cells)
	p := &page{
		figure: name, heading: figureHeading(name, cells[0].Set.Manifest.Title), rowHeight: panelHeight,
		loud: c.loud, lines: c.lines,
	}
	for _, op := range distinct(cells, func(c Cell) string { return c.Op }) {
		p.titles = append(p.titles, title(name, op))
	}
	if f.rows != nil {
		p.rows, p.rowHeight, p.gutter = f.rows(cells)
	} else {
		p.rows = [][]*plot.Plot{f.panels(cells)}
		for _, protocol := range protocolsOf(cells) {
			l := lookOf(protocol)
			p.legend = append(p.legend, entry{name: l.name, sample: f.entry(l)})
		}
	}
	p.legend = append(p.legend, f.marks(cells)...)
	return p, nil
}

// panels is one per operation.
func (f figure) panels(cells []Cell) (panels []*plot.Plot) {
	for _, op := range distinct(cells, func(c Cell) string { return c.Op }) {
		panel := newPlot()
		f.panel(panel, keep(cells, func(c Cell) bool { return c.Op == op }))
		panels = append(panels, panel)
	}
	align(panels)
	return panels
}

// title is that of an operation's panel in a figure.
func title(figure, op string) string {
	if known[figure].wan {
		return opName(op) + " in the WAN"
	}
	return opName(op)
}
