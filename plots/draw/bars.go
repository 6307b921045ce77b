package draw

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A Bar is one protocol's bar: an estimate, and the network bound over it (0: none). A bar of a mean latency has what lies
// behind the mean, too: half the operations took at most P50, all but one in a hundred at most P99. Beside it stands the
// interval that the cost model predicts for the mean. All are in the bar's unit; 0 where unknown.
type Bar struct {
	look.Look
	Height    stat.Estimate
	Bound     float64
	P50, P99  float64
	Predicted result.Interval
}

// Bars is a plot.Plotter of groups of bars, group i around x = i. A bar without a mean is marked "n/a", not drawn as 0.
type Bars [][]Bar

// LatencyBars is such a chart with percentiles on the bars and predictions beside them.
type LatencyBars struct{ Bars }

const (
	groupWidth        = 0.78 // the share of the space between two groups' centres that bars fill
	latencyGroupWidth = 0.88 // with predictions, the slots need the room
	percentileColumn  = 0.3  // on a bar, in shares of its width
	intervalColumn    = 0.72
	widestGutter      = vg.Length(4.8) // beside a bar, for its prediction
)

// Plot implements plot.Plotter.
func (g Bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	eachSlot(g, groupWidth, func(b Bar, left, width float64) {
		b.draw(c, p, upwards(y), x(left+0.06*width), x(left+0.94*width))
	})
}

// Plot implements plot.Plotter.
func (g LatencyBars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	eachSlot(g.Bars, latencyGroupWidth, func(b Bar, left, width float64) {
		from, end := x(left+0.04*width), x(left+width)
		gutter := min(widestGutter, 0.3*(end-from))
		to := end - gutter
		b.drawBox(c, p, upwards(y), from, to)
		if !b.Height.Known() {
			return
		}
		b.drawPercentiles(c, y, from+percentileColumn*(to-from))
		b.drawInterval(c, upwards(y), from+intervalColumn*(to-from))
		if b.Predicted.High > 0 {
			drawPrediction(c, to+gutter/2, y(b.Predicted.Low), y(b.Predicted.High))
		}
	})
}

// eachSlot divides the width of each group evenly among its bars and calls do with every bar's slot, in data units.
func eachSlot(groups [][]Bar, groupWidth float64, do func(b Bar, left, width float64)) {
	for i, group := range groups {
		width := groupWidth / float64(len(group))
		for j, b := range group {
			do(b, float64(i)-groupWidth/2+float64(j)*width, width)
		}
	}
}

// DataRange implements plot.DataRanger.
func (g Bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, group := range g {
		for _, b := range group {
			ymax = max(ymax, b.Height.High(), b.Bound, b.P99, b.Predicted.High)
		}
	}
	return -0.5, float64(len(g)) - 0.5, 0, ymax
}

// A direction is where a value lies, at a place across.
type direction func(value float64, across vg.Length) vg.Point

func upwards(y func(float64) vg.Length) direction {
	return func(value float64, x vg.Length) vg.Point { return vg.Point{X: x, Y: y(value)} }
}

// drawBox draws the bar itself or says, in the panel's style if there is one, that it is missing.
func (b Bar) drawBox(c draw.Canvas, p *plot.Plot, at direction, from, to vg.Length) {
	if b.Height.Known() {
		fillBox(c, b.Look, vg.Rectangle{Min: at(0, from), Max: at(b.Height.Mean, to)})
	} else if p != nil {
		drawMissing(c, p, at(0, (from+to)/2))
	}
}

// draw draws box, interval and bound, a line a little wider than the bar.
func (b Bar) draw(c draw.Canvas, p *plot.Plot, at direction, from, to vg.Length) {
	b.drawBox(c, p, at, from, to)
	b.drawInterval(c, at, (from+to)/2)
	if b.Bound > 0 {
		over := (to - from) * 0.1
		c.StrokeLines(markLine, []vg.Point{at(b.Bound, from-over), at(b.Bound, to+over)})
	}
}

// drawInterval draws the whisker of the interval, if there is one.
func (b Bar) drawInterval(c draw.Canvas, at direction, across vg.Length) {
	if b.Height.HasInterval() {
		drawRimmed(c, at(b.Height.Low(), across), at(b.Height.High(), across))
	}
}

// drawPercentiles draws those that are known, on a stem if both are.
func (b Bar) drawPercentiles(c draw.Canvas, y func(float64) vg.Length, at vg.Length) {
	if b.P50 > 0 && b.P99 > 0 {
		drawStem(c, at, y(b.P50), y(b.P99))
	}
	if b.P50 > 0 {
		drawDot(c, vg.Point{X: at, Y: y(b.P50)})
	}
	if b.P99 > 0 {
		drawTick(c, vg.Point{X: at, Y: y(b.P99)})
	}
}

// drawRimmed draws a whisker with a white rim, which sets it off from fill and hatch.
func drawRimmed(c draw.Canvas, low, high vg.Point) {
	drawWhisker(c, draw.LineStyle{Color: color.White, Width: 2.2}, low, high)
	drawWhisker(c, draw.LineStyle{Color: color.Black, Width: 0.9}, low, high)
}

// markLine is the line of bounds, percentiles and predictions.
var markLine = draw.LineStyle{Color: color.Black, Width: 1.1}

// fillBox draws the box in the protocol's fill and hatch.
func fillBox(c draw.Canvas, l look.Look, box vg.Rectangle) {
	c.SetColor(l.Fill)
	c.Fill(box.Path())
	drawHatch(draw.Canvas{Canvas: c.Canvas, Rectangle: box}, l.Hatch, l.Color)
	outline := box.Path()
	outline.Close()
	c.SetLineStyle(draw.LineStyle{Color: color.Black, Width: 0.6})
	c.Stroke(outline)
}

// drawHatch fills the canvas with the pattern.
func drawHatch(c draw.Canvas, h look.Hatch, clr color.Color) {
	const gap = vg.Length(4) // between two lines, along an edge
	s := draw.LineStyle{Color: clr, Width: 0.7}
	width, height := c.Size().X, c.Size().Y
	for _, slope := range h {
		for x := -height; x < width+height; x += gap {
			line := []vg.Point{
				{X: c.Min.X + x, Y: c.Min.Y},
				{X: c.Min.X + x + vg.Length(slope)*height, Y: c.Max.Y},
			}
			c.StrokeLines(s, c.ClipLinesXY(line)...)
		}
	}
}

// drawMissing says that nothing is there.
func drawMissing(c draw.Canvas, p *plot.Plot, at vg.Point) {
	s := p.X.Tick.Label
	s.Rotation = math.Pi / 2
	s.XAlign, s.YAlign = draw.XLeft, draw.YCenter
	c.FillText(s, at.Add(vg.Point{X: -s.FontExtents().Descent, Y: 4}), "n/a")
}

// drawStem draws a thin gray line with a white rim, so that no bar's percentile passes for another's.
func drawStem(c draw.Canvas, x, low, high vg.Length) {
	const width = vg.Length(0.6)
	c.StrokeLine2(draw.LineStyle{Color: color.White, Width: 3 * width}, x, low, x, high)
	c.StrokeLine2(draw.LineStyle{Color: color.Gray{0x50}, Width: width}, x, low, x, high)
}

// drawDot draws p50's dot, white with a black rim.
func drawDot(c draw.Canvas, at vg.Point) { drawRing(c, color.Black, 2.4, 0.9, at) }

// drawRing draws a circle of that radius, white inside its rim.
func drawRing(c draw.Canvas, clr color.Color, radius, rim vg.Length, at vg.Point) {
	drawDisc(c, clr, radius, at)
	drawDisc(c, color.White, radius-rim, at)
}

func drawDisc(c draw.Canvas, clr color.Color, radius vg.Length, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: clr, Radius: radius, Shape: draw.CircleGlyph{}}, at)
}

// drawTick draws p99's tick.
func drawTick(c draw.Canvas, at vg.Point) {
	const half = vg.Length(2.3)
	c.StrokeLine2(markLine, at.X-half, at.Y, at.X+half, at.Y)
}

// drawPrediction draws a bracket from low to high that opens towards the bar at its left.
func drawPrediction(c draw.Canvas, x, low, high vg.Length) {
	const arm = vg.Length(1.7)
	c.StrokeLines(markLine, []vg.Point{
		{X: x - arm, Y: low}, {X: x + arm/2, Y: low}, {X: x + arm/2, Y: high}, {X: x - arm, Y: high},
	})
}

// A Strip is a horizontal bar, with its name before it, if it has one, and its number behind it.
type Strip struct {
	Bar
	Label string
	Gap   bool // nothing stands there
}

// Strips is a plot.Plotter of horizontal bars, strip i around y = −i. The names stand to the left of its canvas.
type Strips []Strip

const (
	stripWidth = 0.76         // of the space from one to the next
	stripGap   = vg.Length(3) // between bar and text
	numberRoom = 1.3          // of the longest bar: for its number
)

// Plot implements plot.Plotter.
func (s Strips) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, b := range s {
		if !b.Gap {
			b.draw(c, x, y(-float64(i)-stripWidth/2), y(-float64(i)+stripWidth/2))
		}
	}
}

// draw draws the strip between two heights. One without an estimate says so: missing is not zero.
func (b Strip) draw(c draw.Canvas, x func(float64) vg.Length, bottom, top vg.Length) {
	b.Bar.draw(c, nil, func(value float64, y vg.Length) vg.Point { return vg.Point{X: x(value), Y: y} }, bottom, top)
	middle, end, number := (bottom+top)/2, x(0), "n/a"
	if b.Height.Known() {
		end, number = x(max(b.Height.High(), b.Bound)), stat.Digits(b.Height.Mean)
	}
	text := sans(smallSize)
	text.YAlign = upright
	c.FillText(text, vg.Point{X: end + stripGap, Y: middle}, number)
	text.XAlign = draw.XRight
	c.FillText(text, vg.Point{X: x(0) - stripGap, Y: middle}, b.Label)
}

// Gutter is the room that the names take.
func (s Strips) Gutter() (width vg.Length) {
	for _, b := range s {
		width = max(width, stripGap+sans(smallSize).Width(b.Label))
	}
	return width
}

// DataRange implements plot.DataRanger.
func (s Strips) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, b := range s {
		xmax = max(xmax, b.Height.High(), b.Bound)
	}
	return 0, xmax * numberRoom, -float64(len(s)) + 0.4, 0.6
}
