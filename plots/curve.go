package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	curveWidth   = vg.Length(1.4)
	whiskerWidth = vg.Length(0.6)
	ruleWidth    = vg.Length(0.6)
	whiskerCap   = vg.Length(1.8) // from the whisker to the end of its cap
	markerRadius = vg.Length(3)
	markerRim    = vg.Length(1) // of a hollow one
)

// A dot is one point of a curve. Where y is not known, nothing was measured and the curve has a gap.
type dot struct{ x, y Estimate }

// exactly is a coordinate that was set, not measured.
func exactly(x float64) Estimate { return Estimate{N: 1, Mean: x} }

// A curve is one protocol's line through its dots, with whiskers for their intervals. It is a plot.Plotter.
type curve struct {
	look
	dots   []dot
	hollow bool // are the markers
}

// Plot implements plot.Plotter.
func (l curve) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := draw.LineStyle{Color: l.color, Width: curveWidth, Dashes: l.dashes}
	c.StrokeLines(line, l.runs(x, y)...)
	for _, d := range l.dots {
		if !d.y.Known() {
			continue
		}
		at := vg.Point{X: x(d.x.Mean), Y: y(d.y.Mean)}
		if d.x.HasInterval() {
			l.whisker(c, vg.Point{X: x(d.x.Low()), Y: at.Y}, vg.Point{X: x(d.x.High()), Y: at.Y})
		}
		if d.y.HasInterval() {
			l.whisker(c, vg.Point{X: at.X, Y: y(d.y.Low())}, vg.Point{X: at.X, Y: y(d.y.High())})
		}
		l.drawMarker(c, at)
	}
}

func (l curve) drawMarker(c draw.Canvas, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: l.color, Radius: markerRadius, Shape: l.marker}, at)
	if l.hollow {
		c.DrawGlyph(draw.GlyphStyle{Color: color.White, Radius: markerRadius - markerRim, Shape: l.marker}, at)
	}
}

// sample is the curve in the legend.
func (l curve) sample(c draw.Canvas) {
	y := c.Center().Y
	c.StrokeLine2(draw.LineStyle{Color: l.color, Width: curveWidth, Dashes: l.dashes}, c.Min.X, y, c.Max.X, y)
	l.drawMarker(c, c.Center())
}

// runs is the polylines between the curve's gaps.
func (l curve) runs(x, y func(float64) vg.Length) [][]vg.Point {
	runs := [][]vg.Point{nil}
	for _, d := range l.dots {
		if !d.y.Known() {
			runs = append(runs, nil)
			continue
		}
		last := &runs[len(runs)-1]
		*last = append(*last, vg.Point{X: x(d.x.Mean), Y: y(d.y.Mean)})
	}
	return runs
}

func (l curve) whisker(c draw.Canvas, a, b vg.Point) {
	drawWhisker(c, draw.LineStyle{Color: l.color, Width: whiskerWidth}, a, b)
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
func (l curve) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, d := range l.dots {
		if d.y.Known() {
			xmin, xmax = min(xmin, d.x.Low()), max(xmax, d.x.High())
			ymin, ymax = min(ymin, d.y.Low()), max(ymax, d.y.High())
		}
	}
	return xmin, xmax, ymin, ymax
}

// A rule is a thin straight line across a panel at a protocol's network bound. It is a plot.Plotter.
type rule struct {
	look
	at       float64
	vertical bool
}

// Plot implements plot.Plotter.
func (r rule) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := draw.LineStyle{Color: r.color, Width: ruleWidth, Dashes: r.dashes}
	if r.vertical {
		c.StrokeLine2(line, x(r.at), c.Min.Y, x(r.at), c.Max.Y)
	} else {
		c.StrokeLine2(line, c.Min.X, y(r.at), c.Max.X, y(r.at))
	}
}

// DataRange implements plot.DataRanger.
func (r rule) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	if r.vertical {
		return r.at, r.at, ymin, ymax
	}
	return xmin, xmax, r.at, r.at
}
