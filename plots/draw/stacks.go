package draw

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/plots/look"
)

// A Part is one part of a stacked bar.
type Part struct {
	look.Look
	Length float64
}

// A Stack is a horizontal bar of parts, with its name before it, if it has one, and a text behind it.
type Stack struct {
	Label  string
	Parts  []Part // from the left; none: it is missing
	Behind string
}

// length is that of all parts.
func (s Stack) length() (sum float64) {
	for _, p := range s.Parts {
		sum += p.Length
	}
	return sum
}

// Stacks is a plot.Plotter of stacked bars, stack i around y = −i. The names stand to the left of its canvas.
type Stacks []Stack

// Plot implements plot.Plotter.
func (s Stacks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, b := range s {
		b.draw(c, x, y(-float64(i)-stripWidth/2), y(-float64(i)+stripWidth/2))
	}
}

// draw draws the stack between two heights. One without parts says so: missing is not zero.
func (s Stack) draw(c draw.Canvas, x func(float64) vg.Length, bottom, top vg.Length) {
	end := 0.
	for _, part := range s.Parts {
		if part.Length > 0 {
			fillBox(c, part.Look, vg.Rectangle{Min: vg.Point{X: x(end), Y: bottom}, Max: vg.Point{X: x(end + part.Length), Y: top}})
		}
		end += part.Length
	}
	behind := s.Behind
	if len(s.Parts) == 0 {
		behind = "n/a"
	}
	text := sans(smallSize)
	text.YAlign = upright
	c.FillText(text, vg.Point{X: x(end) + stripGap, Y: (bottom + top) / 2}, behind)
	text.XAlign = draw.XRight
	c.FillText(text, vg.Point{X: x(0) - stripGap, Y: (bottom + top) / 2}, s.Label)
}

// Gutter is the room that the names take.
func (s Stacks) Gutter() (width vg.Length) {
	for _, b := range s {
		width = max(width, stripGap+sans(smallSize).Width(b.Label))
	}
	return width
}

// DataRange implements plot.DataRanger.
func (s Stacks) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, b := range s {
		xmax = max(xmax, b.length())
	}
	return 0, xmax * numberRoom, -float64(len(s)) + 0.4, 0.6
}
