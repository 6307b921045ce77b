package draw

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A sample draws what an entry of the legend looks like in the figure, filling the canvas.
type Sample func(c draw.Canvas)

// An entry explains one element of the figure.
type Entry struct {
	Name   string
	Sample Sample
	Begins bool // a new row
}

func (e Entry) width() vg.Length { return sampleWidth + sampleGap + sans(tickSize).Width(e.Name) }

const (
	sampleWidth  = vg.Length(26)
	sampleHeight = vg.Length(9)
	sampleGap    = vg.Length(5)  // between an entry's sample and name
	entryGap     = vg.Length(20) // between two entries
)

// A legend explains the elements of a figure, in as many centred rows as it takes.
type Legend []Entry

// height is the legend's height at that width.
func (l Legend) height(width vg.Length) vg.Length {
	return legendSize * vg.Length(len(l.Rows(width)))
}

// draw draws the legend from the top of the canvas down.
func (l Legend) draw(c draw.Canvas) {
	style := sans(tickSize)
	style.YAlign = draw.YCenter
	y := c.Max.Y - legendSize/2
	for _, row := range l.Rows(c.Size().X) {
		x := c.Center().X - row.Width()/2
		for _, e := range row {
			e.Sample(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: y - sampleHeight/2}, Max: vg.Point{X: x + sampleWidth, Y: y + sampleHeight/2},
			}})
			c.FillText(style, vg.Point{X: x + sampleWidth + sampleGap, Y: y + style.FontExtents().Descent}, e.Name)
			x += e.width() + entryGap
		}
		y -= legendSize
	}
}

// Rows breaks the legend into rows no wider than width.
func (l Legend) Rows(width vg.Length) []Legend {
	var rows []Legend
	for _, e := range l {
		if n := len(rows); n > 0 && !e.Begins && rows[n-1].Width()+entryGap+e.width() <= width {
			rows[n-1] = append(rows[n-1], e)
		} else {
			rows = append(rows, Legend{e})
		}
	}
	return rows
}

// Width is the width of the legend in one row.
func (l Legend) Width() vg.Length {
	width := -entryGap
	for _, e := range l {
		width += e.width() + entryGap
	}
	return width
}
