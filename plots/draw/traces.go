package draw

import (
	"image/color"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
)

const (
	traceWidth  = vg.Length(1.1)
	speckRadius = vg.Length(0.9)
)

// WriteDashes tell WRITEs from READs, which are solid.
var WriteDashes = []vg.Length{3, 1.5}

// A moment is a value in the middle of an interval, s seconds after the load began.
type Moment struct{ S, Value float64 }

// A trace is a line through moments, with a gap where a value is below the axis: of no operation. It is a plot.Plotter.
type Trace struct {
	Color   color.Color
	Dashes  []vg.Length
	Moments []Moment
}

// Plot implements plot.Plotter.
func (l Trace) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: l.Color, Width: traceWidth, Dashes: l.Dashes}
	var run []vg.Point
	for _, m := range l.Moments {
		if onAxis(p, m) {
			run = append(run, vg.Point{X: x(m.S), Y: y(m.Value)})
			continue
		}
		c.StrokeLines(style, run)
		run = nil
	}
	c.StrokeLines(style, run)
}

// onAxis reports whether the moment's value is one, and not the logarithm of nothing.
func onAxis(p *plot.Plot, m Moment) bool { return m.Value >= p.Y.Min }

// Specks are small dots at moments. It is a plot.Plotter.
type Specks struct {
	Color   color.Color
	Moments []Moment
}

// Plot implements plot.Plotter.
func (s Specks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, m := range s.Moments {
		if onAxis(p, m) {
			drawSpeck(c, s.Color, vg.Point{X: x(m.S), Y: y(m.Value)})
		}
	}
}

func drawSpeck(c draw.Canvas, clr color.Color, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: clr, Radius: speckRadius, Shape: draw.CircleGlyph{}}, at)
}

// EventMarks are vertical lines where something was done to the cluster, over a shade from the first event to the last.
// Their numbers are those of names, from 1. It is a plot.Plotter.
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
	x, _ := p.Transforms(&c)
	m.shade(c, x)
	for _, e := range m.Events {
		c.StrokeLine2(eventLine, x(e.AtMs/1e3), c.Min.Y, x(e.AtMs/1e3), c.Max.Y)
	}
	if m.Numbered {
		m.number(c, x)
	}
}

// number draws the events' numbers at the top of the panel, one below the other where there is no room beside.
func (m EventMarks) number(c draw.Canvas, x func(float64) vg.Length) {
	level, last := 0, vg.Length(0)
	for i, e := range m.Events {
		at := x(e.AtMs / 1e3)
		if level++; i == 0 || at-last > 2*badgeRadius {
			level = 0
		}
		last = at
		y := c.Max.Y - vg.Length(1.3+2.2*float64(level))*badgeRadius
		drawBadge(c, 1+slices.Index(m.Names, e.What), vg.Point{X: at, Y: y})
	}
}

func (m EventMarks) shade(c draw.Canvas, x func(float64) vg.Length) {
	first, last := x(m.Events[0].AtMs/1e3), x(m.Events[len(m.Events)-1].AtMs/1e3)
	box := vg.Rectangle{Min: vg.Point{X: first, Y: c.Min.Y + axisWidth}, Max: vg.Point{X: last, Y: c.Max.Y}}
	c.SetColor(eventShade)
	c.Fill(box.Path())
}

var (
	eventShade = color.Gray{0xF2}
	eventLine  = draw.LineStyle{Color: color.Gray{0x50}, Width: 0.6, Dashes: []vg.Length{2, 2}}
)

const (
	badgeRadius = vg.Length(5)
	badgeText   = vg.Length(8)
)

// drawBadge draws an event's number in a circle.
func drawBadge(c draw.Canvas, number int, at vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: color.Gray{0x30}, Radius: badgeRadius, Shape: draw.CircleGlyph{}}, at)
	s := sans(badgeText)
	s.Color = color.White
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	c.FillText(s, vg.Point{X: at.X, Y: at.Y + s.FontExtents().Descent/2}, strconv.Itoa(number))
}

func lineSample(s draw.LineStyle) Sample {
	return func(c draw.Canvas) { c.StrokeLine2(s, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y) }
}
