package figures

import (
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A panel declares what one row of a figure shows: y against x, drawn by plot.
type panel struct {
	x, y  quantity
	plot  func(d panel, c column) *plot.Plot
	align func(row []*plot.Plot) // nil: draw.Align
}

// A column is the cells of one operation, and those of the whole figure.
type column struct {
	all, cells []frame.Cell
	first      bool
}

// A quantity is what an axis shows of a cell.
type quantity struct {
	label   string
	of      func(result.Point) float64
	service func(result.Point) float64 // of an open loop: without what operations waited for before they began
	peaks   bool                       // of the number of clients with the highest throughput
	level   func(frame.Cell) int       // in place of of: a parameter with few values
}

var (
	operations = quantity{label: "Throughput (operations/s)", of: frame.ThroughputOps}
	peak       = quantity{label: "Peak throughput (MB/s)", of: frame.ThroughputMBps, peaks: true}
	latency    = quantity{
		label: "Mean latency (ms)", of: frame.LatencyMean, service: func(p result.Point) float64 { return p.ServiceMs.Mean },
	}
	latency99 = quantity{
		label: "p99 latency (ms)", of: frame.P99, service: func(p result.Point) float64 { return p.ServiceMs.P99 },
	}
	fileSize  = quantity{label: "File size (KiB)", level: func(c frame.Cell) int { return c.ValueBytes }}
	threshold = quantity{label: "Failure threshold t", level: func(c frame.Cell) int { return c.T }}
)

// shown is the cells that count for the quantity.
func (q quantity) shown(cells []frame.Cell) []frame.Cell {
	if q.peaks {
		return frame.Peaks(cells)
	}
	return cells
}

// curves is a curve per protocol: through growing numbers of clients or, on a logarithmic axis, through growing levels of x.
func curves(d panel, c column) *plot.Plot {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = d.x.label, d.y.label
	for _, s := range protocolsOf(c.cells) {
		own := ofProtocol(d.y.shown(c.cells), s)
		l := draw.Curve{Look: lookOf(s)}
		if d.x.level == nil {
			for _, cell := range own {
				l.Dots = append(l.Dots, draw.Dot{X: cell.Estimate(d.x.of), Y: cell.Estimate(d.y.of)})
			}
			addBound(p, s, c.cells)
		} else {
			for _, level := range frame.Distinct(c.cells, d.x.level) {
				cell := frame.Find(own, func(c frame.Cell) bool { return d.x.level(c) == level })
				l.Dots = append(l.Dots, draw.Dot{X: stat.Exactly(math.Log2(float64(level))), Y: cell.Estimate(d.y.of)})
			}
			if b := frame.BoundOf(s.Protocol, c.cells); b > 0 {
				p.Add(draw.Rule{Look: l.Look, At: b})
			}
		}
		p.Add(l)
	}
	if d.x.level != nil {
		var ticks plot.ConstantTicks
		for _, level := range frame.Distinct(c.cells, d.x.level) {
			label := strconv.FormatFloat(float64(level)/1024, 'g', 4, 64)
			ticks = append(ticks, plot.Tick{Value: math.Log2(float64(level)), Label: label})
		}
		p.X.Tick.Marker = ticks
		p.X.Min, p.X.Max = ticks[0].Value-0.4, ticks[len(ticks)-1].Value+0.4
	}
	return p
}

// addBound adds a rule at the protocol's network bound to a panel of throughputs in operations per second.
func addBound(p *plot.Plot, s frame.System, cells []frame.Cell) {
	if b := frame.BoundOf(s.Protocol, cells); b > 0 {
		p.Add(draw.Rule{Look: lookOf(s), At: b * 1e6 / float64(cells[0].ValueBytes), Vertical: true})
	}
}

// bars is a group of bars per failure threshold, a bar per protocol.
func bars(d panel, c column) *plot.Plot {
	p, groups := groupByThreshold(d, c)
	p.Add(draw.Bars(groups))
	return p
}

// latencyBars is the same with percentiles and predictions.
func latencyBars(d panel, c column) *plot.Plot {
	p, groups := groupByThreshold(d, c)
	p.Add(draw.LatencyBars{Bars: groups})
	return p
}

func groupByThreshold(d panel, c column) (p *plot.Plot, groups [][]draw.Bar) {
	p = draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = threshold.label, d.y.label
	var ticks plot.ConstantTicks
	protocols := protocolsOf(c.cells)
	cells := d.y.shown(c.cells)
	for i, t := range frame.Distinct(c.cells, threshold.level) {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: strconv.Itoa(t)})
		group := make([]draw.Bar, len(protocols))
		for j, s := range protocols {
			cell := frame.Find(ofProtocol(cells, s), func(c frame.Cell) bool { return c.T == t })
			group[j] = draw.Bar{Look: lookOf(s), Height: cell.Estimate(d.y.of)}
			if d.y.peaks {
				group[j].Bound = cell.Bound()
			} else {
				group[j].P50, group[j].P99, group[j].Predicted = cell.Mean(frame.P50), cell.Mean(frame.P99), cell.Predicted()
			}
		}
		groups = append(groups, group)
	}
	p.X.Tick.Marker = ticks
	p.X.Tick.LineStyle.Width = 0
	return p, groups
}

// stripRows set systems one below the other: peak throughput above, the latency of one client alone below.
var stripRows = []panel{
	{x: peak, plot: strips, align: alignStrips},
	{x: latency, plot: strips, align: alignStrips},
}

// stripSize has room for the systems and, in the gutter, for their names.
func stripSize(cells []frame.Cell) (row, gutter vg.Length) {
	order := stripOrder(cells)
	return 16*vg.Millimeter + 5*vg.Millimeter*vg.Length(len(order)), named(order).Gutter()
}

// stripOrder is the systems from the top down: the causes of M-PoWerStore's gain, if they are all there, a gap, and the
// others.
func stripOrder(cells []frame.Cell) []frame.System {
	all := frame.Each(cells, func(c frame.Cell) frame.System { return c.System })
	slices.SortFunc(all, frame.System.Compare)
	var causes []frame.System
	for _, cause := range frame.Causes {
		causes = append(causes, frame.Keep(all, cause.Is)...)
	}
	others := frame.Keep(all, func(s frame.System) bool { return !slices.Contains(causes, s) })
	switch {
	case len(causes) < len(frame.Causes):
		return all
	case len(others) == 0:
		return causes
	}
	return slices.Concat(causes, []frame.System{{}}, others)
}

// named is a strip with its name for each system.
func named(order []frame.System) draw.Strips {
	s := make(draw.Strips, len(order))
	for i, system := range order {
		if s[i].Gap = system == (frame.System{}); !s[i].Gap {
			s[i].Label = system.Name()
		}
	}
	return s
}

// strips is a strip per system. Only the first column names them.
func strips(d panel, c column) *plot.Plot {
	p := draw.NewStripPlot()
	numbers := frame.Distinct(c.all, func(c frame.Cell) int { return c.Clients })
	fewest := stat.Count(numbers[0], "client")
	cells := d.x.shown(c.cells)
	switch {
	case !d.x.peaks:
		p.X.Label.Text = "Mean latency, " + fewest + " (ms)"
		cells = frame.Keep(cells, func(c frame.Cell) bool { return c.Clients == numbers[0] })
	case len(numbers) == 1:
		p.X.Label.Text = "Throughput, " + fewest + " (MB/s)"
	default:
		p.X.Label.Text = d.x.label
	}
	order := stripOrder(c.all)
	s := named(order)
	for i, system := range order {
		if !c.first {
			s[i].Label = ""
		}
		if !s[i].Gap {
			cell := frame.Find(cells, func(c frame.Cell) bool { return c.System == system })
			s[i].Look, s[i].Height = lookOf(system), cell.Estimate(d.x.of)
			if d.x.peaks {
				s[i].Bound = cell.Bound()
			}
		}
	}
	p.Add(s)
	return p
}

// alignStrips gives the panels the same limits, so that they compare at sight.
func alignStrips(row []*plot.Plot) {
	var longest float64
	for _, p := range row {
		longest = max(longest, p.X.Max)
	}
	for _, p := range row {
		p.X.Max = longest
	}
}

// openKinds are the kinds of curves in the figure of open loops; colour and marker are the protocol's.
var openKinds = []struct {
	name   string
	dashes []vg.Length
	open   bool // the markers are hollow, and x is the rate offered
	of     func(y quantity) func(result.Point) float64
}{
	{"closed loop", nil, false, func(y quantity) func(result.Point) float64 { return y.of }},
	{"open loop, from the intended start", []vg.Length{6, 2.5}, true, func(y quantity) func(result.Point) float64 { return y.of }},
	{"open loop, from the actual start", []vg.Length{1.5, 2}, true, func(y quantity) func(result.Point) float64 { return y.service }},
}

// openCurves is a curve per protocol and kind.
func openCurves(d panel, c column) *plot.Plot {
	p := draw.NewPlot()
	p.X.Label.Text, p.Y.Label.Text = d.x.label, d.y.label
	for _, s := range protocolsOf(c.cells) {
		own := ofProtocol(c.cells, s)
		for _, k := range openKinds {
			l := draw.Curve{Look: lookOf(s), Hollow: k.open}
			l.Dashes = k.dashes
			for _, cell := range own {
				switch y := cell.Estimate(k.of(d.y)); {
				case k.open != frame.IsOpen(cell):
				case k.open:
					l.Dots = append(l.Dots, draw.Dot{X: stat.Exactly(cell.Rate), Y: y})
				default:
					l.Dots = append(l.Dots, draw.Dot{X: cell.Estimate(operations.of), Y: y})
				}
			}
			p.Add(l)
		}
		addBound(p, s, own)
	}
	return p
}

func openSize([]frame.Cell) (row, gutter vg.Length) { return 0.85 * draw.PanelHeight, 0 }

// openMarks explains protocols by their colour and marker, below them the kinds of curves, and the bound.
func openMarks(cells []frame.Cell) (l draw.Legend) {
	protocols := protocolsOf(cells)
	of := look.Look{Color: color.Black, Marker: vgdraw.CircleGlyph{}}
	for _, s := range protocols {
		l = append(l, draw.Entry{Name: s.Title, Sample: draw.MarkerSample(lookOf(s))})
	}
	if len(protocols) == 1 {
		of = lookOf(protocols[0])
	}
	for i, k := range openKinds {
		of.Dashes = k.dashes
		l = append(l, draw.Entry{Name: k.name, Sample: draw.Curve{Look: of, Hollow: k.open}.Sample, Begins: i == 0})
	}
	return append(l, boundMark(draw.RuleSample)(cells)...)
}

// boundMark explains the network bound with that sample, if any cell has one.
func boundMark(s draw.Sample) func([]frame.Cell) draw.Legend {
	return func(cells []frame.Cell) draw.Legend {
		if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Bound() > 0 }) {
			return draw.Legend{{Name: "network bound", Sample: s}}
		}
		return nil
	}
}

// latencyMarks explains what stands on and beside the bars of latencies, in a row below the protocols.
func latencyMarks(cells []frame.Cell) draw.Legend {
	l := draw.Legend{{Name: "p50", Sample: draw.P50Sample, Begins: true}, {Name: "p99", Sample: draw.P99Sample}}
	if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Latency().HasInterval() }) {
		l = append(l, draw.Entry{Name: "95 % interval", Sample: draw.WhiskerSample})
	}
	if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Predicted().High > 0 }) {
		l = append(l, draw.Entry{Name: "mean by the cost model", Sample: draw.PredictionSample})
	}
	return l
}
