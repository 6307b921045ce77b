package draw

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/plots/look"
)

// A Sample draws what an entry of the legend looks like in the figure, filling the canvas.
type Sample func(c draw.Canvas)

// An Entry explains one element of the figure.
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

// A Legend explains the elements of a figure, in as many centred rows as it takes.
type Legend []Entry

// height is the legend's height at that width.
func (l Legend) height(width vg.Length) vg.Length { return legendSize * vg.Length(len(l.rows(width))) }

// draw draws the legend from the top of the canvas down.
func (l Legend) draw(c draw.Canvas) {
	style := sans(tickSize)
	style.YAlign = draw.YCenter
	y := c.Max.Y - legendSize/2
	for _, row := range l.rows(c.Size().X) {
		x := c.Center().X - row.width()/2
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

// rows breaks the legend into rows no wider than width.
func (l Legend) rows(width vg.Length) []Legend {
	var rows []Legend
	for _, e := range l {
		if n := len(rows); n > 0 && !e.Begins && rows[n-1].width()+entryGap+e.width() <= width {
			rows[n-1] = append(rows[n-1], e)
		} else {
			rows = append(rows, Legend{e})
		}
	}
	return rows
}

// width is the width of the legend in one row.
func (l Legend) width() vg.Length {
	width := -entryGap
	for _, e := range l {
		width += e.width() + entryGap
	}
	return width
}

// Samples of protocols.

// CurveSample is a protocol's curve.
func CurveSample(l look.Look) Sample { return Curve{Look: l}.Sample }

// TraceSample is a protocol's trace.
func TraceSample(l look.Look) Sample { return lineSample(Curve{Look: l}.line(traceWidth)) }

// MarkerSample is a curve's marker alone.
func MarkerSample(l look.Look) Sample { return nearName(Curve{Look: l}.drawMarker) }

// BarSample is a protocol's bar.
func BarSample(l look.Look) Sample {
	return func(c draw.Canvas) { fillBox(c, l, draw.Crop(c, 3, -3, 0, 0).Rectangle) }
}

// Samples of marks. Those that are much narrower than a sample stand near their names.
var (
	// RuleSample stands for the thin lines of all protocols, each in its protocol's colour and dashes.
	RuleSample = lineSample(draw.LineStyle{Color: color.Black, Width: thinWidth})
	// ModelSample stands for the thinner lines of the cost model, likewise.
	ModelSample = lineSample(draw.LineStyle{Color: color.Black, Width: traceWidth})
	BoundSample = Sample(func(c draw.Canvas) { lineSample(markLine)(draw.Crop(c, 1, -1, 0, 0)) })
	// StripBoundSample is the bound of a Strip.
	StripBoundSample = fromBottom(func(c draw.Canvas, x, low, high vg.Length) { c.StrokeLine2(markLine, x, low, x, high) })
	PredictionSample = fromBottom(drawPrediction)
	WhiskerSample    = fromBottom(func(c draw.Canvas, x, low, high vg.Length) {
		drawRimmed(c, vg.Point{X: x, Y: low}, vg.Point{X: x, Y: high})
	})
	P50Sample = nearName(func(c draw.Canvas, at vg.Point) {
		drawStem(c, at.X, at.Y, c.Max.Y)
		drawDot(c, at)
	})
	P99Sample = nearName(func(c draw.Canvas, at vg.Point) {
		drawStem(c, at.X, c.Min.Y, at.Y)
		drawTick(c, at)
	})

	// What Slots show: means of READs, solid, and of WRITEs, hollow; the levels of the fault-free trial; what came of it.
	ReadMeanSample  = nearName(func(c draw.Canvas, at vg.Point) { drawMean(c, color.Black, at, false) })
	WriteMeanSample = nearName(func(c draw.Canvas, at vg.Point) { drawMean(c, color.Black, at, true) })
	LevelsSample    = Sample(func(c draw.Canvas) {
		RuleSample(draw.Crop(c, 0, 0, 0, -5))
		lineSample(draw.LineStyle{Color: color.Black, Width: thinWidth, Dashes: WriteDashes})(draw.Crop(c, 0, 0, 5, 0))
	})
	NothingSample = nearName(drawNothing)
	DoubtSample   = Sample(func(c draw.Canvas) {
		c.SetColor(harmColor)
		c.Fill(c.Path())
		drawDoubt(c, c.Center())
	})
	CaughtSample = Sample(func(c draw.Canvas) {
		drawHatch(c, look.Slashes, harmColor)
		drawCaught(c, c.Center())
	})

	// What timelines show.
	ReadTraceSample  = lineSample(draw.LineStyle{Color: color.Black, Width: traceWidth})
	WriteTraceSample = lineSample(draw.LineStyle{Color: color.Black, Width: traceWidth, Dashes: WriteDashes})
	SpecksSample     = Sample(func(c draw.Canvas) {
		for _, shift := range []vg.Length{-8, 0, 8} {
			drawDisc(c, color.Black, speckRadius, c.Center().Add(vg.Point{X: shift, Y: shift / 4}))
		}
	})
)

// EventSample is the number of an event.
func EventSample(number int) Sample {
	return nearName(func(c draw.Canvas, at vg.Point) { drawBadge(c, number, at) })
}

// lineSample is a line across.
func lineSample(s draw.LineStyle) Sample {
	return func(c draw.Canvas) { c.StrokeLine2(s, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y) }
}

// nearName is a mark near its name.
func nearName(mark func(c draw.Canvas, at vg.Point)) Sample {
	return func(c draw.Canvas) { mark(c, vg.Point{X: c.Max.X - sampleHeight/2, Y: c.Center().Y}) }
}

// fromBottom is a mark near its name from the bottom of the sample to its top.
func fromBottom(mark func(c draw.Canvas, x, low, high vg.Length)) Sample {
	return nearName(func(c draw.Canvas, at vg.Point) { mark(c, at.X, c.Min.Y, c.Max.Y) })
}
