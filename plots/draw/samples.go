package draw

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/plots/look"
)

func CurveSample(l look.Look) Sample { return Curve{Look: l}.Sample }

// MarkerSample is a curve's marker alone.
func MarkerSample(l look.Look) Sample {
	return func(c draw.Canvas) { Curve{Look: l}.drawMarker(c, vg.Point{X: nearName(c), Y: c.Center().Y}) }
}

func BarSample(l look.Look) Sample {
	return func(c draw.Canvas) { fillBox(c, l, draw.Crop(c, 3, -3, 0, 0).Rectangle) }
}

// RuleSample stands for the thin lines of all protocols, each in its protocol's colour and dashes.
func RuleSample(c draw.Canvas) {
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: ruleWidth}, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
}

func UprightBoundSample(c draw.Canvas) {
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 1.1}, nearName(c), c.Min.Y, nearName(c), c.Max.Y)
}

func BoundSample(c draw.Canvas) { drawBound(c, c.Min.X+3, c.Max.X-3, c.Center().Y) }

func DotSample(c draw.Canvas) {
	drawStem(c, nearName(c), c.Center().Y, c.Max.Y)
	drawDot(c, vg.Point{X: nearName(c), Y: c.Center().Y})
}

func TickSample(c draw.Canvas) {
	drawStem(c, nearName(c), c.Min.Y, c.Center().Y)
	drawTick(c, vg.Point{X: nearName(c), Y: c.Center().Y})
}

func WhiskerSample(c draw.Canvas) {
	drawInterval(c, vg.Point{X: nearName(c), Y: c.Min.Y}, vg.Point{X: nearName(c), Y: c.Max.Y})
}

func PredictionSample(c draw.Canvas) { drawPrediction(c, nearName(c), c.Min.Y, c.Max.Y) }

func nearName(c draw.Canvas) vg.Length { return c.Max.X - sampleHeight/2 }

// LookSample is a thin line across a panel.
func LookSample(l look.Look) Sample {
	return lineSample(draw.LineStyle{Color: l.Color, Width: ruleWidth, Dashes: l.Dashes})
}

// TraceSample is a trace of READs or WRITEs.
func TraceSample(dashes []vg.Length) Sample {
	return lineSample(draw.LineStyle{Color: color.Black, Width: traceWidth, Dashes: dashes})
}

func SpecksSample(c draw.Canvas) {
	for _, shift := range []vg.Length{-8, 0, 8} {
		drawSpeck(c, color.Black, c.Center().Add(vg.Point{X: shift, Y: shift / 4}))
	}
}

func BadgeSample(number int) Sample {
	return atName(func(c draw.Canvas, at vg.Point) { drawBadge(c, number, at) })
}

// LevelsSample is the means of READs and WRITEs across a panel.
func LevelsSample(c draw.Canvas) {
	solid := draw.LineStyle{Color: color.Black, Width: ruleWidth}
	dashed := solid
	dashed.Dashes = WriteDashes
	lineSample(solid)(draw.Crop(c, 0, 0, 0, -5))
	lineSample(dashed)(draw.Crop(c, 0, 0, 5, 0))
}

func MeanSample(hollow bool) Sample {
	return atName(func(c draw.Canvas, at vg.Point) { drawMean(c, color.Black, at, hollow) })
}

func NothingSample(c draw.Canvas) { atName(drawNothing)(c) }

func DoubtSample(c draw.Canvas) {
	c.SetColor(harmColor)
	c.Fill(c.Path())
	drawDoubt(c, c.Center())
}

func CaughtSample(c draw.Canvas) {
	drawHatch(c, look.Slashes, harmColor)
	drawCaught(c, c.Center())
}

// atName is a sample near its name.
func atName(mark func(c draw.Canvas, at vg.Point)) Sample {
	return func(c draw.Canvas) { mark(c, vg.Point{X: nearName(c), Y: c.Center().Y}) }
}
