package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
)

// slots is a chart of one protocol's latencies under attacks, slot i around x = i: nil where there was no trial. Lines
// across the panel are the means of the fault-free trial, if there is one. It is a plot.Plotter.
type slots struct {
	look
	cells     []*slot
	faultFree *slot
}

// A slot is the latencies of READs and WRITEs, without operations 0, and what came of the attack.
type slot struct {
	read, write result.Latency
	mark        slotMark
}

// A slotMark is what a slot is marked with.
type slotMark int

const (
	noMark slotMark = iota
	missingMark
	nothingMark
	caughtMark
	doubtMark
)

const (
	meanRadius   = vg.Length(2.5)
	meanRim      = vg.Length(1)
	readColumn   = -0.2 // from the middle of the slot
	writeColumn  = 0.2
	outcomeInset = vg.Length(6) // of the outcome's mark, from the top of the panel
)

var (
	stripe    = color.Gray{0xF6}
	harmColor = color.RGBA{0xE2, 0xB0, 0xB0, 0xFF}
)

// Plot implements plot.Plotter.
func (s slots) Plot(c draw.Canvas, p *plot.Plot) {
	x, linear := p.Transforms(&c)
	y := func(ms float64) vg.Length { return linear(math.Log10(ms)) }
	for i := range s.cells {
		box := vg.Rectangle{
			Min: vg.Point{X: x(float64(i) - 0.5), Y: c.Min.Y + axisWidth}, Max: vg.Point{X: x(float64(i) + 0.5), Y: c.Max.Y},
		}
		if i%2 == 1 {
			c.SetColor(stripe)
			c.Fill(box.Path())
		}
		s.cells[i].drawMark(draw.Canvas{Canvas: c.Canvas, Rectangle: box}, p)
	}
	gridlines{}.Plot(c, p)
	if s.faultFree != nil {
		s.drawLevel(c, y, s.faultFree.read, nil)
		s.drawLevel(c, y, s.faultFree.write, writeDashes)
	}
	for i, t := range s.cells {
		if t != nil && t.mark != missingMark && t.mark != nothingMark {
			s.drawLatency(c, x(float64(i)+readColumn), y, t.read, false)
			s.drawLatency(c, x(float64(i)+writeColumn), y, t.write, true)
		}
	}
}

// drawLevel draws a line across the panel at the mean.
func (s slots) drawLevel(c draw.Canvas, y func(float64) vg.Length, l result.Latency, dashes []vg.Length) {
	if l.Mean > 0 {
		line := draw.LineStyle{Color: s.color, Width: ruleWidth, Dashes: dashes}
		c.StrokeLine2(line, c.Min.X, y(l.Mean), c.Max.X, y(l.Mean))
	}
}

// drawLatency draws the mean as a circle, hollow or not, on a whisker from p50 to p99. Without operations it draws none.
func (s slots) drawLatency(c draw.Canvas, x vg.Length, y func(float64) vg.Length, l result.Latency, hollow bool) {
	if l.P50 > 0 && l.P99 > 0 {
		drawWhisker(c, draw.LineStyle{Color: s.color, Width: 0.9}, vg.Point{X: x, Y: y(l.P50)}, vg.Point{X: x, Y: y(l.P99)})
	}
	if l.Mean > 0 {
		drawMean(c, s.color, vg.Point{X: x, Y: y(l.Mean)}, hollow)
	}
}

func drawMean(c draw.Canvas, clr color.Color, at vg.Point, hollow bool) {
	c.DrawGlyph(draw.GlyphStyle{Color: clr, Radius: meanRadius, Shape: draw.CircleGlyph{}}, at)
	if hollow {
		c.DrawGlyph(draw.GlyphStyle{Color: color.White, Radius: meanRadius - meanRim, Shape: draw.CircleGlyph{}}, at)
	}
}

// drawMark marks the slot, whose canvas it is.
func (t *slot) drawMark(slot draw.Canvas, p *plot.Plot) {
	what := missingMark
	if t != nil {
		what = t.mark
	}
	mark := vg.Point{X: slot.Center().X, Y: slot.Max.Y - outcomeInset}
	middle := slot.Center()
	switch what {
	case caughtMark:
		drawHatch(slot, slashes, harmColor)
		drawCaught(slot, mark)
	case doubtMark:
		slot.SetColor(harmColor)
		slot.Fill(slot.Path())
		drawDoubt(slot, mark)
	case nothingMark:
		drawNothing(slot, middle)
	case missingMark:
		drawMissing(slot, p, middle)
	}
}

// drawDoubt draws an exclamation mark.
func drawDoubt(c draw.Canvas, at vg.Point) {
	s := loudStyle()
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, vg.Point{X: at.X, Y: at.Y + s.FontExtents().Descent}, "!")
}

// drawNothing draws a dash.
func drawNothing(c draw.Canvas, at vg.Point) {
	const half = 2.5
	c.StrokeLine2(draw.LineStyle{Color: color.Gray{0x90}, Width: 1}, at.X-half, at.Y, at.X+half, at.Y)
}

// drawCaught draws a cross with a white rim.
func drawCaught(c draw.Canvas, at vg.Point) {
	const arm = 3
	for _, s := range []draw.LineStyle{{Color: color.White, Width: 3.4}, {Color: loudColor, Width: 1.6}} {
		c.StrokeLine2(s, at.X-arm, at.Y-arm, at.X+arm, at.Y+arm)
		c.StrokeLine2(s, at.X-arm, at.Y+arm, at.X+arm, at.Y-arm)
	}
}

// levelsSample is the means of READs and WRITEs across a panel.
func levelsSample(c draw.Canvas) {
	solid := draw.LineStyle{Color: color.Black, Width: ruleWidth}
	dashed := solid
	dashed.Dashes = writeDashes
	lineSample(solid)(draw.Crop(c, 0, 0, 0, -5))
	lineSample(dashed)(draw.Crop(c, 0, 0, 5, 0))
}

func meanSample(hollow bool) sample {
	return atName(func(c draw.Canvas, at vg.Point) { drawMean(c, color.Black, at, hollow) })
}

func nothingSample(c draw.Canvas) { atName(drawNothing)(c) }

func doubtSample(c draw.Canvas) {
	c.SetColor(harmColor)
	c.Fill(c.Path())
	drawDoubt(c, c.Center())
}

func caughtSample(c draw.Canvas) {
	drawHatch(c, slashes, harmColor)
	drawCaught(c, c.Center())
}

// atName is a sample near its name.
func atName(mark func(c draw.Canvas, at vg.Point)) sample {
	return func(c draw.Canvas) { mark(c, vg.Point{X: nearName(c), Y: c.Center().Y}) }
}
