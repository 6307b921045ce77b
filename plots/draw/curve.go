package draw

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

const (
	curveWidth   = vg.Length(1.4)
	traceWidth   = vg.Length(1.1)
	thinWidth    = vg.Length(0.6) // of whiskers and rules
	whiskerCap   = vg.Length(1.8) // from the whisker to the end of its cap
	markerRadius = vg.Length(3)
	markerRim    = vg.Length(1) // of a hollow one
	speckRadius  = vg.Length(0.9)
)

// WriteDashes tell WRITEs from READs, which are solid.
var WriteDashes = []vg.Length{3, 1.5}

// A Dot is one point of a curve. Where y is not known, nothing was measured and the curve has a gap.
type Dot struct{ X, Y stat.Estimate }

// A Curve is one protocol's line through its dots, with whiskers for their intervals. It is a plot.Plotter.
type Curve struct {
	look.Look
	What   string // it shows of the protocol, for exports; empty for the protocol's own line
	Dots   []Dot
	Hollow bool // are the markers
	Trace  bool // it is a thinner line without markers
	Specks bool // it is small dots without a line
}

// Plot implements plot.Plotter.
func (l Curve) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	runs := [][]vg.Point{nil} // the polylines between the curve's gaps
	for _, d := range l.Dots {
		if !d.Y.Known() {
			runs = append(runs, nil)
			continue
		}
		last := &runs[len(runs)-1]
		*last = append(*last, vg.Point{X: x(d.X.Mean), Y: y(d.Y.Mean)})
	}
	switch {
	case l.Specks:
		for _, at := range slices.Concat(runs...) {
			drawDisc(c, l.Color, speckRadius, at)
		}
		return
	case l.Trace:
		c.StrokeLines(l.line(traceWidth), runs...)
		return
	}
	c.StrokeLines(l.line(curveWidth), runs...)
	whisker := draw.LineStyle{Color: l.Color, Width: thinWidth}
	for _, d := range l.Dots {
		if !d.Y.Known() {
			continue
		}
		at := vg.Point{X: x(d.X.Mean), Y: y(d.Y.Mean)}
		if d.X.HasInterval() {
			drawWhisker(c, whisker, vg.Point{X: x(d.X.Low()), Y: at.Y}, vg.Point{X: x(d.X.High()), Y: at.Y})
		}
		if d.Y.HasInterval() {
			drawWhisker(c, whisker, vg.Point{X: at.X, Y: y(d.Y.Low())}, vg.Point{X: at.X, Y: y(d.Y.High())})
		}
		l.drawMarker(c, at)
	}
}

func (l Curve) line(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: l.Color, Width: width, Dashes: l.Dashes}
}

func (l Curve) drawMarker(c draw.Canvas, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: l.Color, Radius: markerRadius, Shape: l.Marker}, at)
	if l.Hollow {
		c.DrawGlyph(draw.GlyphStyle{Color: color.White, Radius: markerRadius - markerRim, Shape: l.Marker}, at)
	}
}

// Sample is the curve in the legend.
func (l Curve) Sample(c draw.Canvas) {
	lineSample(l.line(curveWidth))(c)
	l.drawMarker(c, c.Center())
}

// drawWhisker draws an error bar from a to b, which lie side by side or one above the other, with caps.
func drawWhisker(c draw.Canvas, s draw.LineStyle, a, b vg.Point) {
	across := vg.Point{X: whiskerCap}
	if a.Y == b.Y {
		across = vg.Point{Y: whiskerCap}
	}
	c.StrokeLines(s, []vg.Point{a, b},
		[]vg.Point{a.Sub(across), a.Add(across)}, []vg.Point{b.Sub(across), b.Add(across)})
}

// DataRange implements plot.DataRanger, so that no interval is cut off.
func (l Curve) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = nothing()
	for _, d := range l.Dots {
		if d.Y.Known() {
			xmin, xmax = min(xmin, d.X.Low()), max(xmax, d.X.High())
			ymin, ymax = min(ymin, d.Y.Low()), max(ymax, d.Y.High())
		}
	}
	return xmin, xmax, ymin, ymax
}

// nothing is the range of no data.
func nothing() (xmin, xmax, ymin, ymax float64) {
	return math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
}

// A Rule is a thin straight line across a panel, such as at a protocol's network bound. It is a plot.Plotter.
type Rule struct {
	look.Look
	What     string // it shows of the thing that the look is titled after, for exports; empty for the thing itself
	At       float64
	Vertical bool
}

// Plot implements plot.Plotter.
func (r Rule) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := Curve{Look: r.Look}.line(thinWidth)
	if r.Vertical {
		c.StrokeLine2(line, x(r.At), c.Min.Y, x(r.At), c.Max.Y)
	} else {
		c.StrokeLine2(line, c.Min.X, y(r.At), c.Max.X, y(r.At))
	}
}

// Sample is the rule in the legend.
func (r Rule) Sample(c draw.Canvas) { lineSample(Curve{Look: r.Look}.line(thinWidth))(c) }

// DataRange implements plot.DataRanger.
func (r Rule) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = nothing()
	if r.Vertical {
		return r.At, r.At, ymin, ymax
	}
	return xmin, xmax, r.At, r.At
}
