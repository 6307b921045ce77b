package draw

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
)

// A latencyBar is one protocol's mean latency as a bar, with what lies behind a mean: half the operations took at most
// p50, all but one in a hundred at most p99. Beside it stands the interval that the cost model predicts for the mean.
// All are in ms; 0 where unknown.
type LatencyBar struct {
	Bar
	P50, P99  float64
	Predicted result.Interval
}

// draw draws the bar with its marks, and the prediction in the gutter to its right.
func (b LatencyBar) draw(c draw.Canvas, p *plot.Plot, left, right, gutter vg.Length, y func(float64) vg.Length) {
	b.drawBox(c, p, left, right, y)
	if !b.Height.Known() {
		return
	}
	if b.P50 > 0 && b.P99 > 0 {
		drawPercentiles(c, left+percentileColumn*(right-left), y(b.P50), y(b.P99))
	}
	b.drawInterval(c, left+intervalColumn*(right-left), y)
	if b.Predicted.High > 0 {
		drawPrediction(c, right+gutter/2, y(b.Predicted.Low), y(b.Predicted.High))
	}
}

// LatencyBars is a chart of groups of latencyBars, group i around x = i. It is a plot.Plotter.
type LatencyBars [][]LatencyBar

// Plot implements plot.Plotter.
func (g LatencyBars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	eachSlot(g, latencyGroupWidth, func(b LatencyBar, left, width float64) {
		from, end := x(left+0.04*width), x(left+width)
		gutter := min(widestGutter, 0.3*(end-from))
		b.draw(c, p, from, end-gutter, gutter, y)
	})
}

// DataRange implements plot.DataRanger.
func (g LatencyBars) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, group := range g {
		for _, b := range group {
			ymax = max(ymax, b.Height.High(), b.P99, b.Predicted.High)
		}
	}
	return -0.5, float64(len(g)) - 0.5, 0, ymax
}

const (
	latencyGroupWidth = 0.88 // as groupWidth: the slots need the room
	percentileColumn  = 0.3  // on a bar, in shares of its width
	intervalColumn    = 0.72
	widestGutter      = vg.Length(4.8) // beside a bar, for its prediction
)

const (
	dotRadius  = vg.Length(2.4)
	dotRim     = vg.Length(0.9)
	tickHalf   = vg.Length(2.3) // of p99
	bracketArm = vg.Length(1.7)
	stemWidth  = vg.Length(0.6)
)

// drawPercentiles draws a dot at p50 and a tick at p99, joined by a stem so that no bar's tick passes for another's.
func drawPercentiles(c draw.Canvas, x, p50, p99 vg.Length) {
	drawStem(c, x, p50, p99)
	drawDot(c, vg.Point{X: x, Y: p50})
	drawTick(c, vg.Point{X: x, Y: p99})
}

// drawStem draws a thin gray line with a white rim, as drawInterval does.
func drawStem(c draw.Canvas, x, low, high vg.Length) {
	c.StrokeLine2(draw.LineStyle{Color: color.White, Width: 3 * stemWidth}, x, low, x, high)
	c.StrokeLine2(draw.LineStyle{Color: color.Gray{0x50}, Width: stemWidth}, x, low, x, high)
}

// drawDot draws p50's dot, white with a black rim.
func drawDot(c draw.Canvas, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: color.Black, Radius: dotRadius, Shape: draw.CircleGlyph{}}, at)
	c.DrawGlyph(draw.GlyphStyle{Color: color.White, Radius: dotRadius - dotRim, Shape: draw.CircleGlyph{}}, at)
}

func drawTick(c draw.Canvas, at vg.Point) {
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1.1}, at.X-tickHalf, at.Y, at.X+tickHalf, at.Y)
}

// drawPrediction draws a bracket from low to high that opens towards the bar at its left.
func drawPrediction(c draw.Canvas, x, low, high vg.Length) {
	c.StrokeLines(draw.LineStyle{Color: color.Black, Width: 1.1}, []vg.Point{
		{X: x - bracketArm, Y: low},
		{X: x + bracketArm/2, Y: low},
		{X: x + bracketArm/2, Y: high},
		{X: x - bracketArm, Y: high},
	})
}
