package plots

import (
	"image/color"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
)

// A trace is a line through moments, with a gap where a value is below the axis: of no operation. It is a plot.Plotter.
type trace struct {
	color   color.Color
	dashes  []vg.Length
	moments []moment
}

// Plot implements plot.Plotter.
func (l trace) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: l.color, Width: traceWidth, Dashes: l.dashes}
	var run []vg.Point
	for _, m := range l.moments {
		if onAxis(p, m) {
			run = append(run, vg.Point{X: x(m.s), Y: y(m.value)})
			continue
		}
		c.StrokeLines(style, run)
		run = nil
	}
	c.StrokeLines(style, run)
}

// onAxis reports whether the moment's value is one, and not the logarithm of nothing.
func onAxis(p *plot.Plot, m moment) bool { return m.value >= p.Y.Min }

// specks are small dots at moments. It is a plot.Plotter.
type specks struct {
	color   color.Color
	moments []moment
}

// Plot implements plot.Plotter.
func (s specks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, m := range s.moments {
		if onAxis(p, m) {
			drawSpeck(c, s.color, vg.Point{X: x(m.s), Y: y(m.value)})
		}
	}
}

func drawSpeck(c draw.Canvas, clr color.Color, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: clr, Radius: speckRadius, Shape: draw.CircleGlyph{}}, at)
}

// eventMarks are vertical lines where something was done to the cluster, over a shade from the first event to the last.
// Their numbers are those of names, from 1. It is a plot.Plotter.
type eventMarks struct {
	events   []result.Event
	names    []string
	numbered bool
}

var (
	eventShade = color.Gray{0xF2}
	eventLine  = draw.LineStyle{Color: color.Gray{0x50}, Width: 0.6, Dashes: []vg.Length{2, 2}}
)

const (
	badgeRadius = vg.Length(5)
	badgeText   = vg.Length(8)
)

// Plot implements plot.Plotter.
func (m eventMarks) Plot(c draw.Canvas, p *plot.Plot) {
	if len(m.events) == 0 {
		return
	}
	x, _ := p.Transforms(&c)
	m.shade(c, x)
	for _, e := range m.events {
		c.StrokeLine2(eventLine, x(e.AtMs/1e3), c.Min.Y, x(e.AtMs/1e3), c.Max.Y)
	}
	if m.numbered {
		m.number(c, x)
	}
}

// number draws the events' numbers at the top of the panel, one below the other where there is no room beside.
func (m eventMarks) number(c draw.Canvas, x func(float64) vg.Length) {
	level, last := 0, vg.Length(0)
	for i, e := range m.events {
		at := x(e.AtMs / 1e3)
		if level++; i == 0 || at-last > 2*badgeRadius {
			level = 0
		}
		last = at
		y := c.Max.Y - vg.Length(1.3+2.2*float64(level))*badgeRadius
		drawBadge(c, 1+slices.Index(m.names, e.What), vg.Point{X: at, Y: y})
	}
}

func (m eventMarks) shade(c draw.Canvas, x func(float64) vg.Length) {
	first, last := x(m.events[0].AtMs/1e3), x(m.events[len(m.events)-1].AtMs/1e3)
	box := vg.Rectangle{Min: vg.Point{X: first, Y: c.Min.Y + axisWidth}, Max: vg.Point{X: last, Y: c.Max.Y}}
	c.SetColor(eventShade)
	c.Fill(box.Path())
}

// drawBadge draws an event's number in a circle.
func drawBadge(c draw.Canvas, number int, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: color.Gray{0x30}, Radius: badgeRadius, Shape: draw.CircleGlyph{}}, at)
	s := sans(badgeText)
	s.Color = color.White
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, vg.Point{X: at.X, Y: at.Y + s.FontExtents().Descent/2}, strconv.Itoa(number))
}

// traceSample is a trace of READs or WRITEs.
func traceSample(dashes []vg.Length) sample {
	return lineSample(draw.LineStyle{Color: color.Black, Width: traceWidth, Dashes: dashes})
}

func specksSample(c draw.Canvas) {
	for _, shift := range []vg.Length{-8, 0, 8} {
		drawSpeck(c, color.Black, c.Center().Add(vg.Point{X: shift, Y: shift / 4}))
	}
}

func badgeSample(number int) sample {
	return atName(func(c draw.Canvas, at vg.Point) { drawBadge(c, number, at) })
}

func lineSample(s draw.LineStyle) sample {
	return func(c draw.Canvas) { c.StrokeLine2(s, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y) }
}

// lookSample is a thin line across a panel.
func lookSample(l look) sample {
	return lineSample(draw.LineStyle{Color: l.color, Width: ruleWidth, Dashes: l.dashes})
}
