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

// A Moment is a value in the middle of an interval, S seconds after the load began.
type Moment struct{ S, Value float64 }

// A Trace is a line through moments, with a gap where a value is below the axis, because no operation ended. It is a
// plot.Plotter.
type Trace struct {
	Color   color.Color
	Dashes  []vg.Length
	Moments []Moment
	Specks  bool // small dots in place of a line
}

// Plot implements plot.Plotter.
func (l Trace) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: l.Color, Width: traceWidth, Dashes: l.Dashes}
	var run []vg.Point
	stroke := func() {
		if !l.Specks {
			c.StrokeLines(style, run)
		}
		run = nil
	}
	for _, m := range l.Moments {
		at := vg.Point{X: x(m.S), Y: y(m.Value)}
		switch {
		case m.Value < p.Y.Min:
			stroke()
		case l.Specks:
			drawDisc(c, l.Color, speckRadius, at)
		default:
			run = append(run, at)
		}
	}
	stroke()
}

// EventMarks are vertical lines where something was done to the cluster, over a shade from the first event to the last.
// Their numbers are those of Names, from 1. It is a plot.Plotter.
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
