package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A sample draws what an entry of the legend looks like in the figure, filling the canvas.
type sample func(c draw.Canvas)

// An entry explains one element of the figure.
type entry struct {
	name   string
	sample sample
	begins bool // a new row
}

const (
	sampleWidth  = vg.Length(26)
	sampleHeight = vg.Length(9)
	sampleGap    = vg.Length(5)  // between an entry's sample and name
	entryGap     = vg.Length(20) // between two entries
)

// A legend explains the elements of a figure, in as many centred rows as it takes.
type legend []entry

// height is the legend's height at that width.
func (l legend) height(width vg.Length) vg.Length {
	return legendSize * vg.Length(len(l.rows(width)))
}

// draw draws the legend from the top of the canvas down.
func (l legend) draw(c draw.Canvas) {
	style := sans(tickSize)
	style.YAlign = draw.YCenter
	y := c.Max.Y - legendSize/2
	for _, row := range l.rows(c.Size().X) {
		x := c.Center().X - row.width()/2
		for _, e := range row {
			e.sample(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: y - sampleHeight/2}, Max: vg.Point{X: x + sampleWidth, Y: y + sampleHeight/2},
			}})
			c.FillText(style, vg.Point{X: x + sampleWidth + sampleGap, Y: y + style.FontExtents().Descent}, e.name)
			x += e.width() + entryGap
		}
		y -= legendSize
	}
}

// rows breaks the legend into rows no wider than width.
func (l legend) rows(width vg.Length) []legend {
	var rows []legend
	for _, e := range l {
		if n := len(rows); n > 0 && !e.begins && rows[n-1].width()+entryGap+e.width() <= width {
			rows[n-1] = append(rows[n-1], e)
		} else {
			rows = append(rows, legend{e})
		}
	}
	return rows
}

// width is the width of the legend in one row.
func (l legend) width() vg.Length {
	width := -entryGap
	for _, e := range l {
		width += e.width() + entryGap
	}
	return width
}

func (e entry) width() vg.Length { return sampleWidth + sampleGap + sans(tickSize).Width(e.name) }

func curveSample(l look) sample { return curve{look: l}.sample }

// markerSample is a curve's marker alone.
func markerSample(l look) sample {
	return func(c draw.Canvas) { curve{look: l}.drawMarker(c, vg.Point{X: nearName(c), Y: c.Center().Y}) }
}

func barSample(l look) sample {
	return func(c draw.Canvas) { fillBox(c, l, draw.Crop(c, 3, -3, 0, 0).Rectangle) }
}

// ruleSample stands for the thin lines of all protocols, each in its protocol's colour and dashes.
func ruleSample(c draw.Canvas) {
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: ruleWidth}, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
}

func uprightBoundSample(c draw.Canvas) {
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1.1}, nearName(c), c.Min.Y, nearName(c), c.Max.Y)
}

func boundSample(c draw.Canvas) { drawBound(c, c.Min.X+3, c.Max.X-3, c.Center().Y) }

// Samples of marks that are much narrower than a sample stand near their names.

func dotSample(c draw.Canvas) {
	drawStem(c, nearName(c), c.Center().Y, c.Max.Y)
	drawDot(c, vg.Point{X: nearName(c), Y: c.Center().Y})
}

func tickSample(c draw.Canvas) {
	drawStem(c, nearName(c), c.Min.Y, c.Center().Y)
	drawTick(c, vg.Point{X: nearName(c), Y: c.Center().Y})
}

func whiskerSample(c draw.Canvas) {
	drawInterval(c, vg.Point{X: nearName(c), Y: c.Min.Y}, vg.Point{X: nearName(c), Y: c.Max.Y})
}

func predictionSample(c draw.Canvas) { drawPrediction(c, nearName(c), c.Min.Y, c.Max.Y) }

func nearName(c draw.Canvas) vg.Length { return c.Max.X - sampleHeight/2 }
