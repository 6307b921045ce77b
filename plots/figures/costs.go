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

// ofCosts is the page of Table 1 as a picture, if the sets hold costs at more than one t.
func ofCosts(sets []*result.Set) ([]*draw.Page, error) {
	cells, err := frame.Costs(sets)
	if err != nil || len(cells.Thresholds()) < 2 {
		return nil, err
	}
	c := caption.OfCosts("Geometric mean and 95 % confidence interval (Student's t) of the repetitions' CPU "+
		"times, on one processor. Construct: by the writer, for all S = 3t+1 servers; verify: by one server. Lines across: "+
		"signatures. Proofs with SHA-1 are in the table alone.", cells)
	p := &draw.Page{
		Name: "table1", Heading: "What proofs of writing and signatures cost", RowHeight: draw.PanelHeight,
		Loud: c.Loud, Lines: c.Lines, Rows: make([][]*draw.Panel, 1),
	}
	for _, s := range frame.Sides {
		p.Titles = append(p.Titles, strings.ToUpper(s.Name[:1])+s.Name[1:])
		p.Rows[0] = append(p.Rows[0], costPanel(cells, s))
	}
	var rules draw.Legend
	eachScheme(cells, func(l look.Look, of frame.CostCells) {
		if of[0].T > 0 {
			p.Legend = append(p.Legend, draw.Entry{Name: l.Title, Sample: draw.CurveSample(l)})
		} else { // in a row below
			rules = append(rules, draw.Entry{Name: l.Title, Sample: draw.Rule{Look: l}.Sample, Begins: len(rules) == 0})
		}
	})
	p.Legend = append(p.Legend, rules...)
	return []*draw.Page{p}, nil
}

// eachScheme calls do with the schemes that have a look, in the order of the legend, and their cells.
func eachScheme(cells frame.CostCells, do func(l look.Look, of frame.CostCells)) {
	for _, id := range frame.Schemes() {
		if l, shown := look.OfScheme(id); shown && len(cells.Of(id)) > 0 {
			do(l, cells.Of(id))
		}
	}
}

// costPanel is the time of one operation against t, both logarithmic: a curve for each proof, a line for each signature.
func costPanel(cells frame.CostCells, s frame.Side) *draw.Panel {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = "Failure threshold t", "CPU time (µs)"
	var times []float64 // of both sides, for both panels have the same axes
	eachScheme(cells, func(l look.Look, of frame.CostCells) {
		curve := draw.Curve{Look: l}
		for _, c := range of {
			for _, side := range frame.Sides {
				if e := logTime(c, side); e.Known() {
					times = append(times, math.Pow(10, e.Low()), math.Pow(10, e.High()))
				}
			}
			curve.Dots = append(curve.Dots, draw.Dot{X: stat.Exactly(math.Log10(float64(c.T))), Y: logTime(c, s)})
		}
		if of[0].T > 0 {
			p.Add(curve)
		} else if y := curve.Dots[0].Y; y.Known() {
			p.Add(draw.Rule{Look: l, At: y.Mean})
		}
	})
	p.LogY(times, 1, 3)
	thresholds := cells.Thresholds()
	var ticks plot.ConstantTicks
	for _, t := range thresholds {
		tick := plot.Tick{Value: math.Log10(float64(t)), Label: strconv.Itoa(t)}
		if slices.Contains([]int{6, 8, 9}, t) { // it would touch its neighbours
			tick.Label = ""
		}
		ticks = append(ticks, tick)
	}
	p.XLog = draw.Log{Base: 10}
	p.X.Tick.Marker = ticks
	p.X.Min = math.Log10(float64(thresholds[0])) - 0.05
	p.X.Max = math.Log10(float64(thresholds[len(thresholds)-1])) + 0.05
	return p
}

// logTime is the decimal logarithm of the time in ns: its mean is the logarithm of the geometric mean.
func logTime(c frame.CostCell, s frame.Side) stat.Estimate {
	return c.Spent(s, func(spent result.Spent) float64 { return math.Log10(spent.Ns) })
}
