package plots

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// A figure is how the points of one name are drawn: a panel per operation, and which parameters all its points must
// share because neither an axis nor the legend would tell them apart.
type figure struct {
	fixed []parameter
	panel func(p *plot.Plot, cells []Cell) // adds the cells of one operation to an empty plot
	entry func(l look) sample              // a protocol's sample in the legend
	marks func(cells []Cell) legend        // what else needs an explanation
	note  string                           // in the caption, before all else
	// rows is in place of panel and entry where a figure has several rows of panels, with an operation per column.
	rows func(cells []Cell) (rows [][]*plot.Plot, height, gutter vg.Length)
}

// The figures that set variants, and suites and durabilities, side by side.
const (
	ablationFigure = "ablation"
	setUpFigure    = "setup"
)

// figures is the one list of what Draw draws: the paper's, and latency against throughput in the WAN too.
var figures = map[string]figure{
	"2a": {fixed: append(setUp, valueSize, threshold), panel: latencyPanel, entry: curveSample, marks: boundMark(ruleSample)},
	"2b": {fixed: append(setUp, valueSize), panel: thresholdPanel, entry: barSample, marks: boundMark(boundSample)},
	"2c": {fixed: append(setUp, threshold), panel: sizePanel, entry: curveSample, marks: boundMark(ruleSample)},
	"2d": {fixed: append(setUp, valueSize, clients), panel: delayPanel, entry: barSample, marks: latencyMarks},
	"wan": {
		fixed: append(setUp, valueSize, threshold), panel: latencyPanel, entry: curveSample, marks: boundMark(ruleSample),
	},
	"single": {
		fixed: append(setUp, valueSize, threshold), panel: latencyPanel, entry: curveSample, marks: boundMark(ruleSample),
		note: "What a third round of WRITEs, for many writers, costs.",
	},
	ablationFigure: {
		fixed: []parameter{valueSize, threshold}, rows: ablationRows, marks: boundMark(uprightBoundSample),
		note: "First from Phalanx to M-PoWerStore, one cause of the gain after the other: metadata write-back, erasure coding, " +
			"MACs for signatures. Then the others.",
	},
	openFigure: {
		fixed: append(setUp, valueSize, threshold), rows: openRows, marks: openMarks,
		note: "Clients that wait before they ask again, and operations that arrive by themselves, drawn at the rate offered.",
	},
	setUpFigure: {
		fixed: []parameter{valueSize, threshold}, rows: ablationRows, marks: boundMark(uprightBoundSample),
		note: "Suite paper and durability write where the name says nothing.",
	},
}

// latencyPanel is figure 2(a), and the same in the WAN: mean latency against throughput, a curve per protocol through
// growing numbers of clients.
func latencyPanel(p *plot.Plot, cells []Cell) {
	p.X.Label.Text, p.Y.Label.Text = "Throughput (operations/s)", "Mean latency (ms)"
	for _, protocol := range protocolsOf(cells) {
		l := curve{look: lookOf(protocol)}
		for _, c := range cells {
			if c.Protocol == protocol {
				l.dots = append(l.dots, dot{c.Ops(), c.Latency()})
			}
		}
		if b := boundOf(protocol, cells); b > 0 {
			p.Add(rule{l.look, b * 1e6 / float64(cells[0].ValueBytes), true})
		}
		p.Add(l)
	}
}

// thresholdPanel is figure 2(b): peak throughput against the failure threshold t, a group of bars per t.
func thresholdPanel(p *plot.Plot, cells []Cell) {
	p.Y.Label.Text = "Peak throughput (MB/s)"
	p.Add(bars(groupByThreshold(p, Peaks(cells), func(l look, c Cell) bar {
		return bar{l, c.Throughput(), c.Bound()}
	})))
}

// delayPanel is figure 2(d): latency against the failure threshold t, a group of bars per t.
func delayPanel(p *plot.Plot, cells []Cell) {
	p.Y.Label.Text = "Mean latency (ms)"
	p.Add(latencyBars(groupByThreshold(p, cells, func(l look, c Cell) latencyBar {
		return latencyBar{bar{look: l, height: c.Latency()}, c.mean(p50), c.mean(p99), c.Predicted()}
	})))
}

// groupByThreshold makes a group of bars for each t, one for every protocol, and labels the x axis with the groups.
func groupByThreshold[B any](p *plot.Plot, cells []Cell, newBar func(l look, c Cell) B) [][]B {
	var groups [][]B
	var ticks plot.ConstantTicks
	protocols := protocolsOf(cells)
	for i, t := range distinct(cells, func(c Cell) int { return c.T }) {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: strconv.Itoa(t)})
		group := make([]B, len(protocols))
		for j, protocol := range protocols {
			c := find(cells, func(c Cell) bool { return c.T == t && c.Protocol == protocol })
			group[j] = newBar(lookOf(protocol), c)
		}
		groups = append(groups, group)
	}
	p.X.Label.Text = "Failure threshold t"
	p.X.Tick.Marker = ticks
	p.X.Tick.LineStyle.Width = 0
	return groups
}

// sizePanel is figure 2(c): peak throughput against the file size on a logarithmic axis, a curve per protocol.
func sizePanel(p *plot.Plot, cells []Cell) {
	p.X.Label.Text, p.Y.Label.Text = "File size (KiB)", "Peak throughput (MB/s)"
	sizes := distinct(cells, func(c Cell) int { return c.ValueBytes })
	peaks := Peaks(cells)
	for _, protocol := range protocolsOf(cells) {
		l := curve{look: lookOf(protocol)}
		for _, size := range sizes {
			c := find(peaks, func(c Cell) bool { return c.ValueBytes == size && c.Protocol == protocol })
			l.dots = append(l.dots, dot{exactly(math.Log2(float64(size))), c.Throughput()})
		}
		if b := boundOf(protocol, cells); b > 0 {
			p.Add(rule{l.look, b, false})
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

// Peaks reduces the cells of closed loops that differ only in the number of clients to the one with the highest mean
// throughput: the peak throughput, as the paper defines it. Where no cell has a valid point, the first stands for all.
func Peaks(cells []Cell) []Cell {
	var peaks []Cell
	for _, c := range keep(cells, isClosed) {
		same := func(o Cell) bool { o.Clients = c.Clients; return o.Key == c.Key }
		if i := slices.IndexFunc(peaks, same); i < 0 {
			peaks = append(peaks, c)
		} else if c.Throughput().Mean > peaks[i].Throughput().Mean {
			peaks[i] = c
		}
	}
	return peaks
}

// boundOf is the protocol's network bound in MB/s, the same for all its cells but for the calibration, or 0.
func boundOf(protocol string, cells []Cell) float64 {
	var bounds []float64
	for _, c := range cells {
		if b := c.Bound(); b > 0 && c.Protocol == protocol {
			bounds = append(bounds, b)
		}
	}
	return NewEstimate(bounds).Mean
}

func protocolsOf(cells []Cell) []string {
	names := distinct(cells, func(c Cell) string { return c.Protocol })
	slices.SortFunc(names, compareProtocols)
	return names
}

// distinct is the sorted set of what the cells have in some respect.
func distinct[T cmp.Ordered](cells []Cell, of func(Cell) T) []T {
	all := make([]T, len(cells))
	for i, c := range cells {
		all[i] = of(c)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// keep is those that fit.
func keep[T any](all []T, fits func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !fits(x) })
}

// find is the cell that fits, or one without any point.
func find(cells []Cell, fits func(Cell) bool) Cell {
	if i := slices.IndexFunc(cells, fits); i >= 0 {
		return cells[i]
	}
	return Cell{}
}
