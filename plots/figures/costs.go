package figures

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// CostFigure is the page of Table 1 as a picture, if the sets hold costs at more than one t.
func CostFigure(sets []*result.Set) ([]*draw.Page, error) {
	t, err := frame.CostsOf(sets)
	if t == nil || err != nil || len(t.Thresholds()) < 2 {
		return nil, err
	}
	c := caption.CostCaption(t)
	p := &draw.Page{Figure: "table1", Heading: "What proofs of writing and signatures cost", RowHeight: draw.PanelHeight, Loud: c.Loud, Lines: c.Lines}
	var panels []*plot.Plot
	for _, s := range frame.Sides {
		p.Titles = append(p.Titles, strings.ToUpper(s.Name[:1])+s.Name[1:])
		panels = append(panels, costPanel(t, s))
	}
	alignCosts(t, panels)
	p.Rows = [][]*plot.Plot{panels}
	p.Legend = costLegend(t)
	return []*draw.Page{p}, nil
}

// shownSchemes are the schemes that have a look, in the order of the legend.
func shownSchemes(t *frame.CostTable) []look.Scheme {
	return frame.Keep(look.AllSchemes, func(s look.Scheme) bool { return s.Look != nil && slices.Contains(t.Schemes(), s.ID) })
}

// costPanel is the time of one operation against t, both logarithmic: a curve for each scheme that may grow, and a line
// across for each signature.
func costPanel(t *frame.CostTable, s frame.Side) *plot.Plot {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = "Failure threshold t", "CPU time (µs)"
	for _, scheme := range shownSchemes(t) {
		cells := t.Of(scheme.ID)
		if cells[0].T > 0 {
			p.Add(draw.Curve{Look: *scheme.Look, Dots: logDots(cells, s)})
		} else if e := logTime(cells[0], s); e.Known() {
			p.Add(draw.Rule{Look: *scheme.Look, At: e.Mean, Vertical: false})
		}
	}
	return p
}

func logDots(cells []frame.CostCell, s frame.Side) []draw.Dot {
	var dots []draw.Dot
	for _, c := range cells {
		dots = append(dots, draw.Dot{X: stat.Exactly(math.Log10(float64(c.T))), Y: logTime(c, s)})
	}
	return dots
}

// logTime is the decimal logarithm of the time in ns: its mean is that of the geometric mean.
func logTime(c frame.CostCell, s frame.Side) stat.Estimate {
	return c.Estimate(s, func(spent result.Spent) float64 { return math.Log10(spent.Ns) })
}

// alignCosts gives the panels the same logarithmic axes: times that were measured in ns are told in µs.
func alignCosts(t *frame.CostTable, panels []*plot.Plot) {
	var times []float64
	for _, scheme := range shownSchemes(t) {
		for _, c := range t.Of(scheme.ID) {
			for _, s := range frame.Sides {
				if e := logTime(c, s); e.Known() {
					times = append(times, math.Pow(10, e.Low()), math.Pow(10, e.High()))
				}
			}
		}
	}
	for _, p := range panels {
		draw.LogAxis(&p.Y, times, 1)
		p.Y.Tick.Marker = plot.TickerFunc(thousandths)
		thresholds := t.Thresholds()
		p.X.Tick.Marker = thresholdTicks(thresholds)
		p.X.Min = math.Log10(float64(thresholds[0])) - 0.05
		p.X.Max = math.Log10(float64(thresholds[len(thresholds)-1])) + 0.05
	}
}

// thousandths are logTicks with labels of a thousandth.
func thousandths(low, high float64) []plot.Tick {
	ticks := draw.LogTicks(low-3, high-3)
	for i := range ticks {
		ticks[i].Value += 3
	}
	return ticks
}

// crowded are values of t whose labels would touch their neighbours'.
var crowded = []int{6, 8, 9}

func thresholdTicks(thresholds []int) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, t := range thresholds {
		tick := plot.Tick{Value: math.Log10(float64(t))}
		if !slices.Contains(crowded, t) {
			tick.Label = strconv.Itoa(t)
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// costLegend explains curves and, in a row below, lines.
func costLegend(t *frame.CostTable) draw.Legend {
	var curves, rules draw.Legend
	for _, scheme := range shownSchemes(t) {
		l := *scheme.Look
		if t.Of(scheme.ID)[0].T > 0 {
			curves = append(curves, draw.Entry{Name: l.Title, Sample: draw.CurveSample(l)})
			continue
		}
		rules = append(rules, draw.Entry{Name: l.Title, Sample: draw.LookSample(l), Begins: len(rules) == 0})
	}
	return slices.Concat(curves, rules)
}
