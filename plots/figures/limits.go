package figures

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

const limitsNote = "Throughput as a share of the ceiling: a null protocol with the same rounds and bytes that does nothing else, measured " +
	"in the same repetition; it stores nothing, whatever the durability. Throughput of WRITEs as a share of Pebble's alone: as many server processes that " +
	"commit the same batches and do nothing else. CPU: seconds of clients and servers per GB of values. Heap: bytes that they " +
	"allocate per byte of values."

// A limit is what a row of the figure of limits shows of a measurement and its ceiling.
type limit func(frame.Limit) stat.Estimate

// limitRows are a row of shares for each durability, and what the first of them, memory, costs.
var limitRows = []panel{
	ofLimits("memory", "% of ceiling: memory", true, ofCeiling),
	ofLimits("write", "% of ceiling: write", true, ofCeiling),
	ofLimits("fsync", "% of ceiling: fsync", true, ofCeiling),
	ofLimits("write", "% of Pebble: write", true, ofPebble).where(frame.IsPebble),
	ofLimits("fsync", "% of Pebble: fsync", true, ofPebble).where(frame.IsPebble),
	ofLimits("memory", "CPU (s/GB): memory", false, func(l frame.Limit) stat.Estimate { return l.Cell.Estimate(frame.CPUPerGB) }),
	ofLimits("memory", "Heap (B/B): memory", false, func(l frame.Limit) stat.Estimate {
		return l.Cell.Estimate(frame.AllocatedPerByte)
	}),
}

// eachLimit has a page for each size of values and, beside the suite of most experiments, for each other one.
var eachLimit = &split{
	file: func(c frame.Cell) string {
		name := result.Size(c.ValueBytes).String()
		if c.Suite != result.Modern {
			name += "-" + c.Suite
		}
		return name
	},
	heading: func(c frame.Cell) string { return frame.ValueSize(c) + ", " + frame.Suite(c) },
}

// ofCeiling and ofPebble are the shares in percent.
func ofCeiling(l frame.Limit) stat.Estimate { return percent(l.Share()) }

func ofPebble(l frame.Limit) stat.Estimate { return percent(l.OfPebble()) }

func percent(e stat.Estimate) stat.Estimate {
	e.Mean, e.Half = 100*e.Mean, 100*e.Half
	return e
}

// where leaves the row also out if no cell that it shows is one of those.
func (d panel) where(is func(frame.Cell) bool) panel {
	empty := d.empty
	d.empty = func(cells []frame.Cell) bool { return empty(frame.Keep(cells, is)) }
	return d
}

// ofLimits is a row of curves through growing numbers of clients, on a logarithmic axis, of what was measured with the
// durability; it is left out if nothing was. If it shows percents, there is a rule at the ceiling.
func ofLimits(durability, label string, percent bool, of limit) panel {
	measured := func(cells []frame.Cell) []frame.Cell {
		return frame.Keep(cells, func(c frame.Cell) bool { return c.Durability == durability })
	}
	return panel{
		x: quantity{label: "Clients"}, y: quantity{label: label},
		empty: func(cells []frame.Cell) bool { return len(measured(cells)) == 0 },
		plot: func(d panel, c column) *draw.Panel {
			p := d.newPlot()
			numbers := frame.Distinct(c.all, func(c frame.Cell) int { return c.Clients })
			x := func(clients int) float64 { return math.Log2(float64(clients)) }
			var ticks plot.ConstantTicks
			for _, n := range numbers {
				ticks = append(ticks, plot.Tick{Value: x(n), Label: strconv.Itoa(n)})
			}
			if ceilings := frame.Keep(c.all, frame.IsCeiling); percent && len(ceilings) > 0 {
				p.Add(draw.Rule{Look: lookOf(ceilings[0].System), At: 100})
			}
			limits := frame.Keep(frame.Limits(c.cells), func(l frame.Limit) bool { return l.Cell.Durability == durability })
			for _, s := range limitedProtocols(measured(c.cells)) {
				l := draw.Curve{Look: lookOf(s)}
				for _, own := range frame.Keep(limits, func(l frame.Limit) bool { return l.Cell.Protocol == s.Protocol }) {
					l.Dots = append(l.Dots, draw.Dot{X: stat.Exactly(x(own.Cell.Clients)), Y: of(own)})
				}
				p.Add(l)
			}
			p.XLog = draw.Log{Base: 2}
			p.X.Tick.Marker = ticks
			p.X.Min, p.X.Max = x(numbers[0])-0.3, x(numbers[len(numbers)-1])+0.3
			return p
		},
	}
}

// limitedProtocols are the protocols of the cells, without the ceilings.
func limitedProtocols(cells []frame.Cell) []frame.System {
	return protocolsOf(frame.Keep(cells, func(c frame.Cell) bool { return !frame.IsCeiling(c) }))
}

// limitMarks names the protocols, and their ceilings, which are one rule.
func limitMarks(cells []frame.Cell) (l draw.Legend) {
	for _, s := range limitedProtocols(cells) {
		l = append(l, draw.Entry{Name: s.Title, Sample: draw.CurveSample(lookOf(s))})
	}
	if ceilings := frame.Keep(cells, frame.IsCeiling); len(ceilings) > 0 {
		l = append(l, draw.Entry{Name: "ceiling", Sample: draw.Rule{Look: lookOf(ceilings[0].System)}.Sample})
	}
	return l
}
