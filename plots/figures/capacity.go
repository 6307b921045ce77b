package figures

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

const capacityNote = "The highest rate of an open loop at which the percentile keeps its bound, without attack and under each attack of t servers that " +
	"the protocol is to withstand; least: robust capacity, the least of these. n/a: it is not to withstand it, or no rate keeps the bound. " +
	"Below: the percentile measured at that rate."

// capacityRows show rates, and the percentile at each.
var capacityRows = []panel{
	{y: quantity{label: "Highest rate (operations/s)"}, plot: byAttack(func(c frame.Cell) stat.Estimate { return stat.Exactly(c.Rate) }, true)},
	{x: quantity{label: "Attack"}, y: quantity{label: "Percentile (ms)"}, plot: byAttack(boundedPercentile, false)},
}

// leastOf names the group of the least rates.
const leastOf = "least"

// byAttack is a group of bars for each attack, a bar for each protocol; and one for the least of each, or a rule at the bound.
func byAttack(of func(frame.Cell) stat.Estimate, least bool) func(d panel, c column) *draw.Panel {
	return func(d panel, c column) *draw.Panel {
		p := d.newPlot()
		if !c.first {
			p.Y.Label.Text = ""
		}
		var ticks plot.ConstantTicks
		var groups draw.Bars
		group := func(name string, height func(frame.System) stat.Estimate) {
			ticks = append(ticks, plot.Tick{Value: float64(len(groups)), Label: name})
			var bars []draw.Bar
			for _, s := range protocolsOf(c.all) {
				bars = append(bars, draw.Bar{Look: lookOf(s), Height: height(s)})
			}
			groups = append(groups, bars)
		}
		for _, attack := range attacksOf(c.all) {
			group(attack, func(s frame.System) stat.Estimate {
				cells := frame.Keep(ofProtocol(c.cells, s), func(c frame.Cell) bool { return frame.AttackOf(c) == attack })
				if len(cells) == 0 || len(cells[0].Valid) == 0 {
					return stat.Estimate{}
				}
				return of(cells[0])
			})
		}
		if least && len(groups) > 1 {
			group(leastOf, func(s frame.System) stat.Estimate {
				cells := frame.Keep(ofProtocol(c.cells, s), func(c frame.Cell) bool { return len(c.Valid) > 0 })
				if len(cells) == 0 {
					return stat.Estimate{}
				}
				return of(slices.MinFunc(cells, func(a, b frame.Cell) int { return cmp.Compare(a.Rate, b.Rate) }))
			})
		}
		if o := c.all[0].All()[0].Objective; !least {
			p.Add(draw.Rule{Look: look.Look{Color: color.Black}, What: "bound", At: o.BoundMs})
			p.Y.Label.Text = map[bool]string{true: o.Percentile + " at that rate (ms)"}[c.first]
		}
		p.Add(groups)
		p.X.Tick.Marker = ticks
		p.X.Tick.LineStyle.Width = 0
		return p
	}
}

// boundedPercentile is the percentile that the cell's objective bounds.
func boundedPercentile(c frame.Cell) stat.Estimate {
	return c.Percentile(frame.Shares[c.All()[0].Objective.Percentile]).Estimate
}

// attacksOf is the attacks of the cells: none first, then by their numbers.
func attacksOf(cells []frame.Cell) []string {
	all := frame.Each(cells, frame.AttackOf)
	free := func(a string) int { return map[bool]int{true: 0, false: 1}[a == result.FaultFree] }
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(free(a), free(b)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return all
}

// capacityFixed is what the figure does not tell apart.
var capacityFixed = frame.UsualDims(frame.ValueSize, frame.Threshold, frame.Clients, frame.Objective)

// capacityMarks explains the rule.
func capacityMarks([]frame.Cell) draw.Legend {
	return draw.Legend{{Name: "bound of the objective", Sample: draw.RuleSample, Begins: true}}
}

func capacitySize([]frame.Cell) (row, gutter vg.Length) { return 0.85 * draw.PanelHeight, 0 }
