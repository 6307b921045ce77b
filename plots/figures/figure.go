// Package figures declares the figures of the evaluation and lays them out as pages.
//
// It imports stat, look, frame, caption and draw; sink and plots import it.
package figures

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A figure is how the points of one name are drawn: a panel per operation, and which parameters all its points must
// share because neither an axis nor the legend would tell them apart.
type figure struct {
	Fixed []frame.Parameter
	panel func(p *plot.Plot, cells []frame.Cell) // adds the cells of one operation to an empty plot
	entry func(l look.Look) draw.Sample          // a protocol's sample in the legend
	marks func(cells []frame.Cell) draw.Legend   // what else needs an explanation
	Note  string                                 // in the caption, before all else
	// rows is in place of panel and entry where a figure has several rows of panels, with an operation per column.
	rows func(cells []frame.Cell) (rows [][]*plot.Plot, height, gutter vg.Length)
}

// panels is one per operation.
func (f figure) panels(cells []frame.Cell) (panels []*plot.Plot) {
	for _, op := range frame.Distinct(cells, func(c frame.Cell) string { return c.Op }) {
		panel := draw.NewPlot()
		f.panel(panel, frame.Keep(cells, func(c frame.Cell) bool { return c.Op == op }))
		panels = append(panels, panel)
	}
	draw.Align(panels)
	return panels
}

// Figures is the one list of what Draw draws: the paper's, and latency against throughput in the WAN too.
var Figures = map[string]figure{
	"2a": {Fixed: append(frame.SetUp, frame.ValueSize, frame.Threshold), panel: latencyPanel, entry: draw.CurveSample, marks: boundMark(draw.RuleSample)},
	"2b": {Fixed: append(frame.SetUp, frame.ValueSize), panel: thresholdPanel, entry: draw.BarSample, marks: boundMark(draw.BoundSample)},
	"2c": {Fixed: append(frame.SetUp, frame.Threshold), panel: sizePanel, entry: draw.CurveSample, marks: boundMark(draw.RuleSample)},
	"2d": {Fixed: append(frame.SetUp, frame.ValueSize, frame.Clients), panel: delayPanel, entry: draw.BarSample, marks: LatencyMarks},
	"wan": {
		Fixed: append(frame.SetUp, frame.ValueSize, frame.Threshold), panel: latencyPanel, entry: draw.CurveSample, marks: boundMark(draw.RuleSample),
	},
	"single": {
		Fixed: append(frame.SetUp, frame.ValueSize, frame.Threshold), panel: latencyPanel, entry: draw.CurveSample, marks: boundMark(draw.RuleSample),
		Note: "What a third round of WRITEs, for many writers, costs.",
	},
	frame.AblationFigure: {
		Fixed: []frame.Parameter{frame.ValueSize, frame.Threshold}, rows: ablationRows, marks: boundMark(draw.UprightBoundSample),
		Note: "First from Phalanx to M-PoWerStore, one cause of the gain after the other: metadata write-back, erasure coding, " +
			"MACs for signatures. Then the others.",
	},
	frame.OpenFigure: {
		Fixed: append(frame.SetUp, frame.ValueSize, frame.Threshold), rows: openRows, marks: openMarks,
		Note: "Clients that wait before they ask again, and operations that arrive by themselves, drawn at the rate offered.",
	},
	frame.SetUpFigure: {
		Fixed: []frame.Parameter{frame.ValueSize, frame.Threshold}, rows: ablationRows, marks: boundMark(draw.UprightBoundSample),
		Note: "Suite paper and durability write where the name says nothing.",
	},
}

// latencyPanel is figure 2(a), and the same in the WAN: mean latency against throughput, a curve per protocol through
// growing numbers of clients.
func latencyPanel(p *plot.Plot, cells []frame.Cell) {
	p.X.Label.Text, p.Y.Label.Text = "Throughput (operations/s)", "Mean latency (ms)"
	for _, protocol := range frame.ProtocolsOf(cells) {
		l := draw.Curve{Look: look.Of(protocol)}
		for _, c := range cells {
			if c.Protocol == protocol {
				l.Dots = append(l.Dots, draw.Dot{X: c.Ops(), Y: c.Latency()})
			}
		}
		if b := frame.BoundOf(protocol, cells); b > 0 {
			p.Add(draw.Rule{Look: l.Look, At: b * 1e6 / float64(cells[0].ValueBytes), Vertical: true})
		}
		p.Add(l)
	}
}

// thresholdPanel is figure 2(b): peak throughput against the failure threshold t, a group of bars per t.
func thresholdPanel(p *plot.Plot, cells []frame.Cell) {
	p.Y.Label.Text = "Peak throughput (MB/s)"
	p.Add(draw.Bars(groupByThreshold(p, frame.Peaks(cells), func(l look.Look, c frame.Cell) draw.Bar {
		return draw.Bar{Look: l, Height: c.Throughput(), Bound: c.Bound()}
	})))
}

// delayPanel is figure 2(d): latency against the failure threshold t, a group of bars per t.
func delayPanel(p *plot.Plot, cells []frame.Cell) {
	p.Y.Label.Text = "Mean latency (ms)"
	p.Add(draw.LatencyBars(groupByThreshold(p, cells, func(l look.Look, c frame.Cell) draw.LatencyBar {
		return draw.LatencyBar{Bar: draw.Bar{Look: l, Height: c.Latency()}, P50: c.Mean(frame.P50), P99: c.Mean(frame.P99), Predicted: c.Predicted()}
	})))
}

// groupByThreshold makes a group of bars for each t, one for every protocol, and labels the x axis with the groups.
func groupByThreshold[B any](p *plot.Plot, cells []frame.Cell, newBar func(l look.Look, c frame.Cell) B) [][]B {
	var groups [][]B
	var ticks plot.ConstantTicks
	protocols := frame.ProtocolsOf(cells)
	for i, t := range frame.Distinct(cells, func(c frame.Cell) int { return c.T }) {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: strconv.Itoa(t)})
		group := make([]B, len(protocols))
		for j, protocol := range protocols {
			c := frame.Find(cells, func(c frame.Cell) bool { return c.T == t && c.Protocol == protocol })
			group[j] = newBar(look.Of(protocol), c)
		}
		groups = append(groups, group)
	}
	p.X.Label.Text = "Failure threshold t"
	p.X.Tick.Marker = ticks
	p.X.Tick.LineStyle.Width = 0
	return groups
}

// sizePanel is figure 2(c): peak throughput against the file size on a logarithmic axis, a curve per protocol.
func sizePanel(p *plot.Plot, cells []frame.Cell) {
	p.X.Label.Text, p.Y.Label.Text = "File size (KiB)", "Peak throughput (MB/s)"
	sizes := frame.Distinct(cells, func(c frame.Cell) int { return c.ValueBytes })
	peaks := frame.Peaks(cells)
	for _, protocol := range frame.ProtocolsOf(cells) {
		l := draw.Curve{Look: look.Of(protocol)}
		for _, size := range sizes {
			c := frame.Find(peaks, func(c frame.Cell) bool { return c.ValueBytes == size && c.Protocol == protocol })
			l.Dots = append(l.Dots, draw.Dot{X: stat.Exactly(math.Log2(float64(size))), Y: c.Throughput()})
		}
		if b := frame.BoundOf(protocol, cells); b > 0 {
			p.Add(draw.Rule{Look: l.Look, At: b, Vertical: false})
		}
		p.Add(l)
	}
	var ticks plot.ConstantTicks
	for _, s := range sizes {
		label := strconv.FormatFloat(float64(s)/1024, 'g', 4, 64)
		ticks = append(ticks, plot.Tick{Value: math.Log2(float64(s)), Label: label})
	}
	p.X.Tick.Marker = ticks
	p.X.Min, p.X.Max = ticks[0].Value-0.4, ticks[len(ticks)-1].Value+0.4
}
