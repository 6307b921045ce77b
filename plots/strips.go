package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A strip is a horizontal bar, with its name before it, if it has one, and its number behind it.
type strip struct {
	bar
	label string
}

// strips is a chart of horizontal bars from the top down: strip i around y = −i. One without a look is a gap. It is a
// plot.Plotter, whose names stand to the left of its canvas.
type strips []strip

const (
	stripWidth = 0.76 // of the space from one to the next
	stripText  = vg.Length(8.5)
	stripGap   = vg.Length(3) // between bar and text
	numberRoom = 1.3          // of the longest bar: for its number
)

// Plot implements plot.Plotter.
func (s strips) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, b := range s {
		if b.protocol != "" {
			b.draw(c, x, y(-float64(i)-stripWidth/2), y(-float64(i)+stripWidth/2))
		}
	}
}

// draw draws the strip between two heights.
func (b strip) draw(c draw.Canvas, x func(float64) vg.Length, bottom, top vg.Length) {
	middle, end := (bottom+top)/2, x(0)
	if b.height.Known() {
		fillBox(c, b.look, vg.Rectangle{Min: vg.Point{X: x(0), Y: bottom}, Max: vg.Point{X: x(b.height.Mean), Y: top}})
		end = x(max(b.height.High(), b.bound))
	}
	if b.height.HasInterval() {
		drawInterval(c, vg.Point{X: x(b.height.Low()), Y: middle}, vg.Point{X: x(b.height.High()), Y: middle})
	}
	if b.bound > 0 {
		over := (top - bottom) * 0.1
		c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1.1}, x(b.bound), bottom-over, x(b.bound), top+over)
	}
	text := sans(stripText)
	text.YAlign = upright
	c.FillText(text, vg.Point{X: end + stripGap, Y: middle}, b.number())
	text.XAlign = draw.XRight
	c.FillText(text, vg.Point{X: x(0) - stripGap, Y: middle}, b.label)
}

// gutter is the room that the names take.
func (s strips) gutter() (width vg.Length) {
	for _, b := range s {
		width = max(width, stripGap+sans(stripText).Width(b.label))
	}
	return width
}

// number is the estimate without its interval, or says that there is none: missing is not zero.
func (b strip) number() string {
	if !b.height.Known() {
		return "n/a"
	}
	return digits(b.height.Mean)
}

// DataRange implements plot.DataRanger.
func (s strips) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, b := range s {
		xmax = max(xmax, b.height.High(), b.bound)
	}
	return 0, xmax * numberRoom, -float64(len(s)) + 0.4, 0.6
}

// uprights are faint vertical lines at the x ticks. It is a plot.Plotter.
type uprights struct{}

// Plot implements plot.Plotter.
func (uprights) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if t.Value > p.X.Min {
			c.StrokeLine2(draw.LineStyle{Color: color.Gray{0xE0}, Width: 0.5}, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
		}
	}
}
