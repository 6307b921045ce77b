package draw

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A bar is one protocol's bar in a group: an estimate, and the network bound over it (0: none).
type Bar struct {
	look.Look
	Height stat.Estimate
	Bound  float64
}

// drawBox draws the bar itself, or says that it is missing.
func (b Bar) drawBox(c draw.Canvas, p *plot.Plot, left, right vg.Length, y func(float64) vg.Length) {
	if b.Height.Known() {
		fillBox(c, b.Look, vg.Rectangle{Min: vg.Point{X: left, Y: y(0)}, Max: vg.Point{X: right, Y: y(b.Height.Mean)}})
	} else {
		drawMissing(c, p, vg.Point{X: (left + right) / 2, Y: y(0)})
	}
}

// drawInterval draws the whisker of the bar's interval, if it has one.
func (b Bar) drawInterval(c draw.Canvas, x vg.Length, y func(float64) vg.Length) {
	if b.Height.HasInterval() {
		drawInterval(c, vg.Point{X: x, Y: y(b.Height.Low())}, vg.Point{X: x, Y: y(b.Height.High())})
	}
}

// Bars is a chart of groups of bars, group i around x = i. A bar without a mean is marked "n/a": missing is not zero.
// It is a plot.Plotter.
type Bars [][]Bar

// Plot implements plot.Plotter.
func (g Bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	eachSlot(g, groupWidth, func(b Bar, left, width float64) {
		from, to := x(left+0.06*width), x(left+0.94*width)
		b.drawBox(c, p, from, to, y)
		b.drawInterval(c, (from+to)/2, y)
		if b.Bound > 0 {
			drawBound(c, from, to, y(b.Bound))
		}
	})
}

// DataRange implements plot.DataRanger.
func (g Bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, group := range g {
		for _, b := range group {
			ymax = max(ymax, b.Height.High(), b.Bound)
		}
	}
	return -0.5, float64(len(g)) - 0.5, 0, ymax
}

// groupWidth is the share of the space between two groups' centres that bars fill.
const groupWidth = 0.78

var ink = draw.LineStyle{Color: color.Black, Width: 0.6}

// eachSlot divides the width of each group evenly among its bars and calls do with every bar's slot, in data units.
func eachSlot[T any](groups [][]T, groupWidth float64, do func(b T, left, width float64)) {
	for i, group := range groups {
		width := groupWidth / float64(len(group))
		for j, b := range group {
			do(b, float64(i)-groupWidth/2+float64(j)*width, width)
		}
	}
}

// drawInterval draws a whisker with a white rim, which sets it off from fill and hatch.
func drawInterval(c draw.Canvas, low, high vg.Point) {
	drawWhisker(c, draw.LineStyle{Color: color.White, Width: 2.2}, low, high)
	drawWhisker(c, draw.LineStyle{Color: color.Black, Width: 0.9}, low, high)
}

// fillBox draws the box in the protocol's fill and hatch.
func fillBox(c draw.Canvas, l look.Look, box vg.Rectangle) {
	c.SetColor(l.Fill)
	c.Fill(box.Path())
	drawHatch(draw.Canvas{Canvas: c.Canvas, Rectangle: box}, l.Hatch, l.Color)
	outline := box.Path()
	outline.Close()
	c.SetLineStyle(ink)
	c.Stroke(outline)
}

// drawBound draws the network bound over a bar: a line a little wider than the bar.
func drawBound(c draw.Canvas, left, right, y vg.Length) {
	over := (right - left) * 0.1
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1.1}, left-over, y, right+over, y)
}

func drawMissing(c draw.Canvas, p *plot.Plot, at vg.Point) {
	s := p.X.Tick.Label
	s.Rotation = math.Pi / 2
	s.XAlign, s.YAlign = draw.XLeft, draw.YCenter
	c.FillText(s, at.Add(vg.Point{X: -s.FontExtents().Descent, Y: 4}), "n/a")
}

// hatchGap is the distance between two lines of a hatch, along an edge.
const hatchGap = vg.Length(4)

// drawHatch fills the canvas with the pattern.
func drawHatch(c draw.Canvas, h look.Hatch, clr color.Color) {
	s := draw.LineStyle{Color: clr, Width: 0.7}
	width, height := c.Size().X, c.Size().Y
	for _, slope := range h {
		for x := -height; x < width+height; x += hatchGap {
			line := []vg.Point{
				{X: c.Min.X + x, Y: c.Min.Y},
				{X: c.Min.X + x + vg.Length(slope)*height, Y: c.Max.Y},
			}
			c.StrokeLines(s, c.ClipLinesXY(line)...)
		}
	}
}
