package draw

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/plots/stat"
)

// A strip is a horizontal bar, with its name before it, if it has one, and its number behind it.
type strip struct {
	Bar
	Label string
}

// draw draws the strip between two heights.
func (b strip) draw(c draw.Canvas, x func(float64) vg.Length, bottom, top vg.Length) {
	middle, end := (bottom+top)/2, x(0)
	if b.Height.Known() {
		fillBox(c, b.Look, vg.Rectangle{Min: vg.Point{X: x(0), Y: bottom}, Max: vg.Point{X: x(b.Height.Mean), Y: top}})
		end = x(max(b.Height.High(), b.Bound))
	}
	if b.Height.HasInterval() {
		drawInterval(c, vg.Point{X: x(b.Height.Low()), Y: middle}, vg.Point{X: x(b.Height.High()), Y: middle})
	}
	if b.Bound > 0 {
		over := (top - bottom) * 0.1
		c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1.1}, x(b.Bound), bottom-over, x(b.Bound), top+over)
	}
	text := sans(stripText)
	text.YAlign = upright
	c.FillText(text, vg.Point{X: end + stripGap, Y: middle}, b.number())
	text.XAlign = draw.XRight
	c.FillText(text, vg.Point{X: x(0) - stripGap, Y: middle}, b.Label)
}

// number is the estimate without its interval, or says that there is none: missing is not zero.
func (b strip) number() string {
	if !b.Height.Known() {
		return "n/a"
	}
	return stat.Digits(b.Height.Mean)
}

// Strips is a chart of horizontal bars from the top down: strip i around y = −i. One without a look is a gap. It is a
// plot.Plotter, whose names stand to the left of its canvas.
type Strips []strip

// Plot implements plot.Plotter.
func (s Strips) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, b := range s {
		if b.Protocol != "" {
			b.draw(c, x, y(-float64(i)-stripWidth/2), y(-float64(i)+stripWidth/2))
		}
	}
}

// Gutter is the room that the names take.
func (s Strips) Gutter() (width vg.Length) {
	for _, b := range s {
		width = max(width, stripGap+sans(stripText).Width(b.Label))
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

const (
	stripWidth = 0.76 // of the space from one to the next
	stripText  = vg.Length(8.5)
	stripGap   = vg.Length(3) // between bar and text
	numberRoom = 1.3          // of the longest bar: for its number
)
