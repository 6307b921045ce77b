package figures

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// openKinds are the kinds of curves in the figure of open loops; colour and marker are the protocol's.
var openKinds = []struct {
	name    string
	dashes  []vg.Length
	open    bool // the markers are hollow, and x is the rate offered
	service bool
}{
	{name: "closed loop"},
	{"open loop, from the intended start", []vg.Length{6, 2.5}, true, false},
	{"open loop, from the actual start", []vg.Length{1.5, 2}, true, true},
}

// openCurves is a curve per protocol and kind.
func openCurves(d panel, c column) *draw.Panel {
	p := d.newPlot()
	for _, s := range protocolsOf(c.cells) {
		own := ofProtocol(c.cells, s)
		for _, k := range openKinds {
			l := draw.Curve{Look: lookOf(s), What: k.name, Hollow: k.open}
			l.Dashes = k.dashes
			for _, cell := range frame.Keep(own, func(c frame.Cell) bool { return frame.IsOpen(c) == k.open }) {
				dot := draw.Dot{X: cell.Estimate(operations.of), Y: d.y.estimate(cell)}
				if k.open {
					dot.X = stat.Exactly(cell.Rate)
				}
				if k.service {
					dot.Y = d.y.serviceEstimate(cell)
				}
				l.Dots = append(l.Dots, dot)
			}
			p.Add(l)
		}
		addBound(p, s, own)
	}
	return p
}

// openMarks explains protocols by their colour and marker, below them the kinds of curves, and the bound.
func openMarks(cells []frame.Cell) (l draw.Legend) {
	protocols := protocolsOf(cells)
	of := look.Look{Color: color.Black, Marker: vgdraw.CircleGlyph{}}
	for _, s := range protocols {
		l = append(l, draw.Entry{Name: s.Title, Sample: draw.MarkerSample(lookOf(s))})
	}
	if len(protocols) == 1 {
		of = lookOf(protocols[0])
	}
	for i, k := range openKinds {
		of.Dashes = k.dashes
		l = append(l, draw.Entry{Name: k.name, Sample: draw.Curve{Look: of, Hollow: k.open}.Sample, Begins: i == 0})
	}
	return append(l, boundMark(draw.RuleSample)(cells)...)
}
