package draw

import (
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
)

// Slots is a chart of one protocol's latencies under attacks, slot i around x = i: nil where there was no trial. Lines
// across the panel are the means of the fault-free trial, if there is one. It is a plot.Plotter.
type Slots struct {
	look.Look
	Trials    []*result.Trial
	FaultFree *result.Trial
}

const (
	readColumn   = -0.2 // from the middle of the slot
	writeColumn  = 0.2
	outcomeInset = vg.Length(6) // of the outcome's mark, from the top of the panel
)

var (
	stripe    = color.Gray{0xF6}
	harmColor = color.RGBA{0xE2, 0xB0, 0xB0, 0xFF}
)

// Plot implements plot.Plotter.
func (s Slots) Plot(c draw.Canvas, p *plot.Plot) {
	x, linear := p.Transforms(&c)
	y := func(ms float64) vg.Length { return linear(math.Log10(ms)) }
	for i, t := range s.Trials {
		box := vg.Rectangle{
			Min: vg.Point{X: x(float64(i) - 0.5), Y: c.Min.Y + axisWidth}, Max: vg.Point{X: x(float64(i) + 0.5), Y: c.Max.Y},
		}
		if i%2 == 1 {
			c.SetColor(stripe)
			c.Fill(box.Path())
		}
		drawOutcome(draw.Canvas{Canvas: c.Canvas, Rectangle: box}, p, t)
	}
	gridlines{}.Plot(c, p)
	if s.FaultFree != nil {
		s.drawLevel(c, y, s.FaultFree.ReadMs, nil)
		s.drawLevel(c, y, s.FaultFree.WriteMs, WriteDashes)
	}
	for i, t := range s.Trials {
		if t != nil && t.Played() {
			s.drawLatency(c, x(float64(i)+readColumn), y, t.ReadMs, false)
			s.drawLatency(c, x(float64(i)+writeColumn), y, t.WriteMs, true)
		}
	}
}

// drawLevel draws a line across the panel at the mean.
func (s Slots) drawLevel(c draw.Canvas, y func(float64) vg.Length, l result.Latency, dashes []vg.Length) {
	if l.Mean > 0 {
		line := draw.LineStyle{Color: s.Color, Width: thinWidth, Dashes: dashes}
		c.StrokeLine2(line, c.Min.X, y(l.Mean), c.Max.X, y(l.Mean))
	}
}

// drawLatency draws the mean as a circle, hollow or not, on a whisker from p50 to p99, which is a mark at p50 if p99 is not
// known. Without operations it draws none.
func (s Slots) drawLatency(c draw.Canvas, x vg.Length, y func(float64) vg.Length, l result.Latency, hollow bool) {
	line := draw.LineStyle{Color: s.Color, Width: 0.9}
	switch {
	case l.P50 > 0 && l.P99 > 0:
		drawWhisker(c, line, vg.Point{X: x, Y: y(l.P50)}, vg.Point{X: x, Y: y(l.P99)})
	case l.P50 > 0:
		c.StrokeLine2(line, x-whiskerCap, y(l.P50), x+whiskerCap, y(l.P50))
	}
	if l.Mean > 0 {
		drawMean(c, s.Color, vg.Point{X: x, Y: y(l.Mean)}, hollow)
	}
}

// drawOutcome marks the slot, which is the canvas, with the outcome of the trial.
func drawOutcome(slot draw.Canvas, p *plot.Plot, t *result.Trial) {
	outcome := result.NotPlayed
	if t != nil {
		outcome = t.Outcome()
	}
	mark := vg.Point{X: slot.Center().X, Y: slot.Max.Y - outcomeInset}
	switch outcome {
	case result.Caught:
		drawHatch(slot, look.Slashes, harmColor)
		drawCaught(slot, mark)
	case result.Unexpected:
		slot.SetColor(harmColor)
		slot.Fill(slot.Path())
		drawDoubt(slot, mark)
	case result.Targetless:
		drawNothing(slot, slot.Center())
	case result.NotPlayed:
		drawMissing(slot, p, slot.Center())
	}
}

func drawMean(c draw.Canvas, clr color.Color, at vg.Point, hollow bool) {
	if hollow {
		drawRing(c, clr, 2.5, 1, at)
	} else {
		drawDisc(c, clr, 2.5, at)
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

// EventMarks is a plot.Plotter of lines at events over a shade from the first to the last. Numbers are places in Names.
type EventMarks struct {
	Events   []result.Event
	Names    []string
	Numbered bool
}

// Plot implements plot.Plotter.
func (m EventMarks) Plot(c draw.Canvas, p *plot.Plot) {
	if len(m.Events) == 0 {
		return
	}
	toX, _ := p.Transforms(&c)
	x := func(e result.Event) vg.Length { return toX(e.AtMs / 1e3) }
	shade := vg.Rectangle{
		Min: vg.Point{X: x(m.Events[0]), Y: c.Min.Y + axisWidth}, Max: vg.Point{X: x(m.Events[len(m.Events)-1]), Y: c.Max.Y},
	}
	c.SetColor(color.Gray{0xF2})
	c.Fill(shade.Path())
	for _, e := range m.Events {
		line := draw.LineStyle{Color: color.Gray{0x50}, Width: 0.6, Dashes: []vg.Length{2, 2}}
		c.StrokeLine2(line, x(e), c.Min.Y, x(e), c.Max.Y)
	}
	if !m.Numbered {
		return
	}
	level, last := 0, vg.Length(0) // numbers stand one below the other where there is no room beside
	for i, e := range m.Events {
		if level++; i == 0 || x(e)-last > 2*badgeRadius {
			level = 0
		}
		last = x(e)
		y := c.Max.Y - vg.Length(1.3+2.2*float64(level))*badgeRadius
		drawBadge(c, 1+slices.Index(m.Names, e.What), vg.Point{X: x(e), Y: y})
	}
}

const badgeRadius = vg.Length(5)

// drawBadge draws an event's number in a circle.
func drawBadge(c draw.Canvas, number int, at vg.Point) {
	drawDisc(c, color.Gray{0x30}, badgeRadius, at)
	s := sans(8)
	s.Color = color.White
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, vg.Point{X: at.X, Y: at.Y + s.FontExtents().Descent/2}, strconv.Itoa(number))
}
