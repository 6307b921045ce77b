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

// A panel declares what one row of a figure shows: y against x, drawn by plot.
type panel struct {
	x, y  quantity
	plot  func(d panel, c column) *draw.Panel
	align func(row []*draw.Panel) // nil: draw.Align
	empty func([]frame.Cell) bool // whether the row has nothing to show; nil: never
}

// A column is the cells of one operation, and those of the whole figure.
type column struct {
	all, cells []frame.Cell
	first      bool
}

// A quantity is a number of a cell that an axis shows.
type quantity struct {
	label   string
	of      func(result.Point) float64
	share   float64                    // of a percentile of all the runs' operations, in place of of and service
	service func(result.Point) float64 // of an open loop: without what operations waited for before they began
	model   func(result.Point) float64 // what the cost model makes of it; 0 if that is not known
	peaks   bool                       // of the number of clients with the highest throughput
	alone   bool                       // of one client
}

var (
	operations = quantity{label: "Throughput (operations/s)", of: frame.ThroughputOps}
	peak       = quantity{label: "Peak throughput (MB/s)", of: frame.ThroughputMBps, peaks: true}
	latency    = quantity{
		label: "Mean latency (ms)", of: frame.LatencyMean, service: func(p result.Point) float64 { return p.ServiceMs.Mean },
	}
	latency99 = quantity{
		label: "p99 latency (ms)", share: frame.P99,
	}
	fileSize  = quantity{label: "File size (KiB)"}
	threshold = quantity{label: "Failure threshold t"}
)

// estimate is that of the cell's runs.
func (q quantity) estimate(c frame.Cell) stat.Estimate {
	if q.share > 0 {
		return c.Percentile(q.share).Estimate
	}
	return c.Estimate(q.of)
}

// serviceEstimate likewise, from the operations' start.
func (q quantity) serviceEstimate(c frame.Cell) stat.Estimate {
	if q.share > 0 {
		return c.ServicePercentile(q.share).Estimate
	}
	return c.Estimate(q.service)
}

// shown is the cells that count for the quantity.
func (q quantity) shown(cells []frame.Cell) []frame.Cell {
	switch {
	case q.peaks:
		return frame.Peaks(cells)
	case q.alone:
		return frame.Alone(cells)
	}
	return cells
}

// newPlot is a panel with its axes' names.
func (d panel) newPlot() *draw.Panel {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = d.x.label, d.y.label
	return p
}

// curves is a curve per protocol, through growing numbers of clients.
func curves(d panel, c column) *draw.Panel {
	p := d.newPlot()
	for _, s := range protocolsOf(c.cells) {
		l := draw.Curve{Look: lookOf(s)}
		for _, cell := range ofProtocol(c.cells, s) {
			l.Dots = append(l.Dots, draw.Dot{X: cell.Estimate(d.x.of), Y: cell.Estimate(d.y.of)})
		}
		addBound(p, s, c.cells)
		p.Add(l)
	}
	return p
}

// addBound adds a rule at the protocol's network bound to a panel of throughputs in operations per second.
func addBound(p *draw.Panel, s frame.System, cells []frame.Cell) {
	if b := frame.BoundOf(s.Protocol, cells); b > 0 {
		p.Add(draw.Rule{Look: lookOf(s), What: draw.OfBound, At: b * 1e6 / float64(cells[0].ValueBytes), Vertical: true})
	}
}

// sizeCurves is a curve per protocol, on a logarithmic axis of file sizes.
func sizeCurves(d panel, c column) *draw.Panel {
	p := d.newPlot()
	sizes := frame.Distinct(c.cells, func(c frame.Cell) int { return c.ValueBytes })
	x := func(size int) float64 { return math.Log2(float64(size)) }
	var ticks plot.ConstantTicks
	for _, size := range sizes {
		ticks = append(ticks, plot.Tick{Value: x(size), Label: strconv.FormatFloat(float64(size)/1024, 'g', 4, 64)})
	}
	for _, s := range protocolsOf(c.cells) {
		l := draw.Curve{Look: lookOf(s)}
		own := ofProtocol(d.y.shown(c.cells), s)
		for _, size := range sizes {
			cell := frame.Find(own, func(c frame.Cell) bool { return c.ValueBytes == size })
			l.Dots = append(l.Dots, draw.Dot{X: stat.Exactly(x(size)), Y: cell.Estimate(d.y.of)})
		}
		if b := frame.BoundOf(s.Protocol, c.cells); b > 0 {
			p.Add(draw.Rule{Look: l.Look, What: draw.OfBound, At: b})
		}
		p.Add(l)
	}
	p.XLog = draw.Log{Base: 2, Shift: 10} // in KiB
	p.X.Tick.Marker = ticks
	p.X.Min, p.X.Max = x(sizes[0])-0.4, x(sizes[len(sizes)-1])+0.4
	return p
}

// bars is a group of bars per failure threshold: peaks with bounds, or latencies with percentiles and predictions.
func bars(d panel, c column) *draw.Panel {
	p := d.newPlot()
	var ticks plot.ConstantTicks
	var groups draw.Bars
	protocols := protocolsOf(c.cells)
	for i, t := range frame.Distinct(c.cells, func(c frame.Cell) int { return c.T }) {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: strconv.Itoa(t)})
		group := make([]draw.Bar, len(protocols))
		for j, s := range protocols {
			cell := frame.Find(ofProtocol(d.y.shown(c.cells), s), func(c frame.Cell) bool { return c.T == t })
			group[j] = draw.Bar{Look: lookOf(s), Height: cell.Estimate(d.y.of)}
			if d.y.peaks {
				group[j].Bound = cell.Bound()
			} else {
				group[j].P50, group[j].P99 = cell.Percentile(frame.Median).Mean, cell.Percentile(frame.P99).Mean
				group[j].Predicted = cell.Predicted()
			}
		}
		groups = append(groups, group)
	}
	if d.y.peaks {
		p.Add(groups)
	} else {
		p.Add(draw.LatencyBars{Bars: groups})
	}
	p.X.Tick.Marker = ticks
	p.X.Tick.LineStyle.Width = 0
	return p
}
