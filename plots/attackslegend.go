package plots

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// attacksLegend explains the marks, of outcomes only those that there are.
func attacksLegend(trials []trial) legend {
	solid := draw.LineStyle{Color: color.Black, Width: ruleWidth}
	dashed := solid
	dashed.Dashes = writeDashes
	l := legend{
		{name: "READ mean", sample: meanSample(false)},
		{name: "WRITE mean", sample: meanSample(true)},
		{name: "p50 to p99", sample: whiskerSample},
		{name: "fault-free means", sample: func(c draw.Canvas) {
			lineSample(solid)(draw.Crop(c, 0, 0, 0, -5))
			lineSample(dashed)(draw.Crop(c, 0, 0, 5, 0))
		}},
	}
	begins := true
	for _, e := range []struct {
		outcome outcome
		name    string
		sample  sample
	}{
		{caught, "harm, as expected, caught by the checkers", caughtSample},
		{noTarget, nothingToAttack, atName(drawNothing)},
		{unexpected, "not as expected", doubtSample},
	} {
		if slices.ContainsFunc(trials, func(t trial) bool { return t.outcome() == e.outcome }) {
			l = append(l, entry{e.name, e.sample, begins})
			begins = false
		}
	}
	return l
}

func meanSample(hollow bool) sample {
	return atName(func(c draw.Canvas, at vg.Point) { drawMean(c, color.Black, at, hollow) })
}

func doubtSample(c draw.Canvas) {
	c.SetColor(harmColor)
	c.Fill(c.Path())
	drawDoubt(c, c.Center())
}

func caughtSample(c draw.Canvas) {
	slashes.draw(c, harmColor)
	drawCaught(c, c.Center())
}

// atName is a sample near its name.
func atName(mark func(c draw.Canvas, at vg.Point)) sample {
	return func(c draw.Canvas) { mark(c, vg.Point{X: nearName(c), Y: c.Center().Y}) }
}
