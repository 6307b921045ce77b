package plots

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
)

// openFigure is the one that shows open loops; all others leave them out.
const openFigure = "open"

// open reports whether the cell's operations arrived by themselves.
func (k Key) open() bool { return k.Rate > 0 }

func isClosed(c Cell) bool { return !c.open() }
func isOpen(c Cell) bool   { return c.open() }

// A measure is one latency of a point, as operations see it and without what they waited for before they began.
type measure struct {
	name           string
	whole, service func(result.Point) float64
}

var measures = []measure{
	{"Mean latency (ms)", latencyMean, func(p result.Point) float64 { return p.ServiceMs.Mean }},
	{"p99 latency (ms)", p99, func(p result.Point) float64 { return p.ServiceMs.P99 }},
}

// A kind of curve in the figure; colour and marker are the protocol's.
type kind struct {
	name   string
	dashes []vg.Length
	hollow bool
	dots   func(cells []Cell, m measure) []dot // of a protocol
}

var kinds = []kind{
	{"closed loop", nil, false, func(cells []Cell, m measure) (dots []dot) {
		for _, c := range keep(cells, isClosed) {
			dots = append(dots, dot{c.Ops(), c.Estimate(m.whole)})
		}
		return dots
	}},
	{"open loop, from the intended start", []vg.Length{6, 2.5}, true, func(cells []Cell, m measure) []dot {
		return offered(cells, m.whole)
	}},
	{"open loop, from the actual start", []vg.Length{1.5, 2}, true, func(cells []Cell, m measure) []dot {
		return offered(cells, m.service)
	}},
}

// offered is a dot for each rate that was offered.
func offered(cells []Cell, of func(result.Point) float64) (dots []dot) {
	for _, c := range keep(cells, isOpen) {
		dots = append(dots, dot{exactly(c.Rate), c.Estimate(of)})
	}
	return dots
}

// openRows is latency against throughput in closed and open loops: the mean above, p99 below.
func openRows(cells []Cell) (rows [][]*plot.Plot, height, gutter vg.Length) {
	for i, m := range measures {
		var row []*plot.Plot
		for _, op := range distinct(cells, func(c Cell) string { return c.Op }) {
			p := newPlot()
			if i == len(measures)-1 {
				p.X.Label.Text = "Throughput (operations/s)"
			}
			p.Y.Label.Text = m.name
			addKinds(p, keep(cells, func(c Cell) bool { return c.Op == op }), m)
			row = append(row, p)
		}
		align(row)
		rows = append(rows, row)
	}
	return rows, 0.85 * panelHeight, 0
}

// addKinds adds the curves of one operation to an empty plot.
func addKinds(p *plot.Plot, cells []Cell, m measure) {
	for _, protocol := range protocolsOf(cells) {
		own := keep(cells, func(c Cell) bool { return c.Protocol == protocol })
		for _, k := range kinds {
			p.Add(k.curve(lookOf(protocol), k.dots(own, m)))
		}
		if b := boundOf(protocol, own); b > 0 {
			p.Add(rule{lookOf(protocol), b * 1e6 / float64(own[0].ValueBytes), true})
		}
	}
}

func (k kind) curve(l look, dots []dot) curve {
	l.dashes = k.dashes
	return curve{look: l, dots: dots, hollow: k.hollow}
}

// openMarks explains the figure: protocols by their colour and marker, below them the kinds of curves, and the bound.
func openMarks(cells []Cell) (l legend) {
	protocols := protocolsOf(cells)
	of := look{color: color.Black, marker: draw.CircleGlyph{}}
	for _, protocol := range protocols {
		of = lookOf(protocol)
		l = append(l, entry{name: of.name, sample: markerSample(of)})
	}
	if len(protocols) > 1 {
		of = look{color: color.Black, marker: draw.CircleGlyph{}}
	}
	for i, k := range kinds {
		l = append(l, entry{name: k.name, sample: k.curve(of, nil).sample, begins: i == 0})
	}
	return append(l, boundMark(ruleSample)(cells)...)
}

var arrivalNames = map[string]string{result.Poisson: "Poisson arrivals", result.Fixed: "evenly spaced arrivals"}

// openLoad describes the open loops among the cells; it is empty if there is none.
func openLoad(cells []Cell) []string {
	cells = keep(cells, isOpen)
	if len(cells) == 0 {
		return nil
	}
	var pools []string
	for _, n := range distinct(cells, func(c Cell) int { return c.Clients }) {
		pools = append(pools, count(n, "client"))
	}
	rates := distinct(cells, func(c Cell) float64 { return c.Rate })
	return []string{fmt.Sprintf("Open loop: %s at %g to %g/s, whether or not earlier operations have ended, taken by %s.",
		strings.Join(distinct(cells, func(c Cell) string { return arrivalNames[c.Arrival] }), " and "),
		slices.Min(rates), slices.Max(rates), strings.Join(pools, " or "))}
}
