package figures

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A measure is one latency of a point, as operations see it and without what they waited for before they began.
type measure struct {
	name           string
	whole, service func(result.Point) float64
}

var measures = []measure{
	{"Mean latency (ms)", frame.LatencyMean, func(p result.Point) float64 { return p.ServiceMs.Mean }},
	{"p99 latency (ms)", frame.P99, func(p result.Point) float64 { return p.ServiceMs.P99 }},
}

// A kind of curve in the figure; colour and marker are the protocol's.
type kind struct {
	name   string
	dashes []vg.Length
	hollow bool
	dots   func(cells []frame.Cell, m measure) []draw.Dot // of a protocol
}

func (k kind) curve(l look.Look, dots []draw.Dot) draw.Curve {
	l.Dashes = k.dashes
	return draw.Curve{Look: l, Dots: dots, Hollow: k.hollow}
}

var kinds = []kind{
	{"closed loop", nil, false, func(cells []frame.Cell, m measure) (dots []draw.Dot) {
		for _, c := range frame.Keep(cells, frame.IsClosed) {
			dots = append(dots, draw.Dot{X: c.Ops(), Y: c.Estimate(m.whole)})
		}
		return dots
	}},
	{"open loop, from the intended start", []vg.Length{6, 2.5}, true, func(cells []frame.Cell, m measure) []draw.Dot {
		return offered(cells, m.whole)
	}},
	{"open loop, from the actual start", []vg.Length{1.5, 2}, true, func(cells []frame.Cell, m measure) []draw.Dot {
		return offered(cells, m.service)
	}},
}

// offered is a dot for each rate that was offered.
func offered(cells []frame.Cell, of func(result.Point) float64) (dots []draw.Dot) {
	for _, c := range frame.Keep(cells, frame.IsOpen) {
		dots = append(dots, draw.Dot{X: stat.Exactly(c.Rate), Y: c.Estimate(of)})
	}
	return dots
}

// openRows is latency against throughput in closed and open loops: the mean above, p99 below.
func openRows(cells []frame.Cell) (rows [][]*plot.Plot, height, gutter vg.Length) {
	for i, m := range measures {
		var row []*plot.Plot
		for _, op := range frame.Distinct(cells, func(c frame.Cell) string { return c.Op }) {
			p := draw.NewPlot()
			if i == len(measures)-1 {
				p.X.Label.Text = "Throughput (operations/s)"
			}
			p.Y.Label.Text = m.name
			addKinds(p, frame.Keep(cells, func(c frame.Cell) bool { return c.Op == op }), m)
			row = append(row, p)
		}
		draw.Align(row)
		rows = append(rows, row)
	}
	return rows, 0.85 * draw.PanelHeight, 0
}

// addKinds adds the curves of one operation to an empty plot.
func addKinds(p *plot.Plot, cells []frame.Cell, m measure) {
	for _, protocol := range frame.ProtocolsOf(cells) {
		own := frame.Keep(cells, func(c frame.Cell) bool { return c.Protocol == protocol })
		for _, k := range kinds {
			p.Add(k.curve(look.Of(protocol), k.dots(own, m)))
		}
		if b := frame.BoundOf(protocol, own); b > 0 {
			p.Add(draw.Rule{Look: look.Of(protocol), At: b * 1e6 / float64(own[0].ValueBytes), Vertical: true})
		}
	}
}

// openMarks explains the figure: protocols by their colour and marker, below them the kinds of curves, and the bound.
func openMarks(cells []frame.Cell) (l draw.Legend) {
	protocols := frame.ProtocolsOf(cells)
	of := look.Look{Color: color.Black, Marker: vgdraw.CircleGlyph{}}
	for _, protocol := range protocols {
		of = look.Of(protocol)
		l = append(l, draw.Entry{Name: of.Title, Sample: draw.MarkerSample(of)})
	}
	if len(protocols) > 1 {
		of = look.Look{Color: color.Black, Marker: vgdraw.CircleGlyph{}}
	}
	for i, k := range kinds {
		l = append(l, draw.Entry{Name: k.name, Sample: k.curve(of, nil).Sample, Begins: i == 0})
	}
	return append(l, boundMark(draw.RuleSample)(cells)...)
}
