package plots

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/harness/result"
)

// costFigure is the page of Table 1 as a picture, if the sets hold costs at more than one t.
func costFigure(sets []*result.Set) ([]*page, error) {
	t, err := costsOf(sets)
	if t == nil || err != nil || len(t.thresholds()) < 2 {
		return nil, err
	}
	c := costCaption(t)
	p := &page{figure: "table1", heading: "What proofs of writing and signatures cost", rowHeight: panelHeight, loud: c.loud, lines: c.lines}
	var panels []*plot.Plot
	for _, s := range sides {
		p.titles = append(p.titles, strings.ToUpper(s.name[:1])+s.name[1:])
		panels = append(panels, costPanel(t, s))
	}
	alignCosts(t, panels)
	p.rows = [][]*plot.Plot{panels}
	p.legend = costLegend(t)
	return []*page{p}, nil
}

// shownSchemes are the schemes that have a look, in the order of the legend.
func shownSchemes(t *costTable) []scheme {
	return keep(schemes, func(s scheme) bool { return s.look != nil && slices.Contains(t.schemes(), s.id) })
}

// costPanel is the time of one operation against t, both logarithmic: a curve for each scheme that may grow, and a line
// across for each signature.
func costPanel(t *costTable, s side) *plot.Plot {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "Failure threshold t", "CPU time (µs)"
	for _, scheme := range shownSchemes(t) {
		cells := t.of(scheme.id)
		if cells[0].t > 0 {
			p.Add(curve{look: *scheme.look, dots: logDots(cells, s)})
		} else if e := logTime(cells[0], s); e.Known() {
			p.Add(rule{*scheme.look, e.Mean, false})
		}
	}
	return p
}

func logDots(cells []costCell, s side) []dot {
	var dots []dot
	for _, c := range cells {
		dots = append(dots, dot{exactly(math.Log10(float64(c.t))), logTime(c, s)})
	}
	return dots
}

// logTime is the decimal logarithm of the time in ns: its mean is that of the geometric mean.
func logTime(c costCell, s side) Estimate {
	return c.estimate(s, func(spent result.Spent) float64 { return math.Log10(spent.Ns) })
}

// alignCosts gives the panels the same logarithmic axes: times that were measured in ns are told in µs.
func alignCosts(t *costTable, panels []*plot.Plot) {
	var times []float64
	for _, scheme := range shownSchemes(t) {
		for _, c := range t.of(scheme.id) {
			for _, s := range sides {
				if e := logTime(c, s); e.Known() {
					times = append(times, math.Pow(10, e.Low()), math.Pow(10, e.High()))
				}
			}
		}
	}
	for _, p := range panels {
		logAxis(&p.Y, times, 1)
		p.Y.Tick.Marker = plot.TickerFunc(thousandths)
		thresholds := t.thresholds()
		p.X.Tick.Marker = thresholdTicks(thresholds)
		p.X.Min = math.Log10(float64(thresholds[0])) - 0.05
		p.X.Max = math.Log10(float64(thresholds[len(thresholds)-1])) + 0.05
	}
}

// thousandths are logTicks with labels of a thousandth.
func thousandths(low, high float64) []plot.Tick {
	ticks := logTicks(low-3, high-3)
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
func costLegend(t *costTable) legend {
	var curves, rules legend
	for _, scheme := range shownSchemes(t) {
		l := *scheme.look
		if t.of(scheme.id)[0].t > 0 {
			curves = append(curves, entry{name: l.name, sample: curveSample(l)})
			continue
		}
		rules = append(rules, entry{name: l.name, sample: lookSample(l), begins: len(rules) == 0})
	}
	return slices.Concat(curves, rules)
}

func costCaption(t *costTable) caption {
	var c caption
	c.lines = append(c.lines, "Geometric mean and 95 % confidence interval (Student's t) of the repetitions' CPU "+
		"times, on one processor. Construct: by the writer, for all S = 3t+1 servers; verify: by one server. Lines across: signatures. "+
		"Proofs with SHA-1 are in the table alone.")
	c.lines = append(c.lines, costCircumstances(t))
	c.lines = append(c.lines, costsLeftOut(t)...)
	return c
}
