package figures

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// sizeRows show, one below the other, what an operation moves, the peak and the latency of one client, against the value's
// size; registerRows the same against the failure threshold. Values are on a logarithmic axis.
var (
	sizeRows     = costRows(scale{log2Size, sizeAxis}, quantity{label: "Size of a value (bytes)"})
	registerRows = costRows(scale{func(c frame.Cell) float64 { return float64(c.T) }, thresholdAxis}, threshold)
)

func costRows(x scale, name quantity) []panel {
	plot := logCurves(x)
	return []panel{
		{plot: plot, align: asTheyAre, y: quantity{
			label: "Bytes / value's size", of: frame.Bytes, model: frame.ModelBytes, peaks: true,
		}},
		{plot: plot, align: asTheyAre, y: quantity{
			label: "Peak (MB/s)", of: frame.ThroughputMBps, model: frame.BoundMBps, peaks: true,
		}},
		{x: name, plot: plot, align: asTheyAre, y: quantity{
			label: "Latency, 1 client (ms)", of: frame.LatencyMean, model: frame.PredictedLeast, alone: true,
		}},
	}
}

// farRows are the latency of one client alone: where rounds take long, there is no peak to look for.
var farRows = registerRows[len(registerRows)-1:]

// growthRows are what an operation moves alone.
var growthRows = []panel{{
	x: threshold, plot: logCurves(scale{func(c frame.Cell) float64 { return float64(c.T) }, thresholdAxis}), align: asTheyAre,
	y: quantity{label: "Bytes / value's size", of: frame.Bytes, model: frame.ModelBytes, peaks: true},
}}

// A scale places cells on the x axis.
type scale struct {
	at   func(frame.Cell) float64
	axis func(*draw.Panel, []frame.Cell)
}

func log2Size(c frame.Cell) float64 { return math.Log2(float64(c.ValueBytes)) }

// asTheyAre leaves panels the limits that they set.
func asTheyAre([]*draw.Panel) {}

// micro is the power of ten of the units that logCurves counts in: logarithms of millionths are positive, as intervals need.
const micro = 6

// logCurves is a curve per system along the scale, and a thin line for the cost model's.
func logCurves(x scale) func(d panel, c column) *draw.Panel {
	return func(d panel, c column) *draw.Panel {
		p := d.newPlot()
		if !c.first {
			p.Y.Label.Text = ""
		}
		log := func(of func(result.Point) float64) func(result.Point) float64 {
			return func(p result.Point) float64 { return micro + math.Log10(of(p)) }
		}
		var values []float64 // of both operations, for both panels have the same axes
		for _, cell := range d.y.shown(c.all) {
			if e := cell.Estimate(log(d.y.of)); e.Known() {
				values = append(values, math.Pow(10, e.Low()), math.Pow(10, e.High()), cell.Mean(d.y.model)*math.Pow10(micro))
			}
		}
		all := systemsIn(c.all)
		for _, s := range systemsIn(c.cells) {
			of := lookAmong(all, s)
			measured, model := draw.Curve{Look: of}, draw.Curve{Look: of, What: "by the cost model", Trace: true}
			for _, cell := range frame.Keep(d.y.shown(c.cells), func(c frame.Cell) bool { return c.System.Plain() == s }) {
				at := stat.Exactly(x.at(cell))
				measured.Dots = append(measured.Dots, draw.Dot{X: at, Y: cell.Estimate(log(d.y.of))})
				if m := cell.Mean(d.y.model); m > 0 {
					model.Dots = append(model.Dots, draw.Dot{X: at, Y: stat.Exactly(micro + math.Log10(m))})
				}
			}
			p.Add(model, measured)
		}
		p.LogY(values, 1, micro)
		x.axis(p, c.all)
		return p
	}
}

// manySizes are more than the axis has room for in the usual letters.
const manySizes = 6

// sizeAxis makes the x axis one of logarithms of sizes, with short names for them.
func sizeAxis(p *draw.Panel, cells []frame.Cell) {
	sizes := frame.Distinct(cells, func(c frame.Cell) int { return c.ValueBytes })
	var ticks plot.ConstantTicks
	for _, size := range sizes {
		ticks = append(ticks, plot.Tick{Value: math.Log2(float64(size)), Label: shortSize(size)})
	}
	p.XLog = draw.Log{Base: 2}
	p.X.Tick.Marker = ticks
	if len(sizes) > manySizes {
		p.X.Tick.Label.Font.Size *= 0.85 // so that their names stay apart
	}
	p.X.Min, p.X.Max = math.Log2(float64(sizes[0]))-0.4, math.Log2(float64(sizes[len(sizes)-1]))+0.4
}

// shortSize is such as 256, 64K or 1M: bytes, with K and M for 2^10 and 2^20.
func shortSize(bytes int) string {
	return strings.NewReplacer(" ", "", "iB", "", "B", "").Replace(stat.SizeName(bytes))
}

// thresholdAxis makes the x axis one of failure thresholds.
func thresholdAxis(p *draw.Panel, cells []frame.Cell) {
	all := frame.Distinct(cells, func(c frame.Cell) int { return c.T })
	var ticks plot.ConstantTicks
	for _, t := range all {
		ticks = append(ticks, plot.Tick{Value: float64(t), Label: strconv.Itoa(t)})
	}
	p.X.Tick.Marker = ticks
	p.X.Min, p.X.Max = float64(all[0])-0.3, float64(all[len(all)-1])+0.3
}

// sizeMarks explains the thin lines.
func sizeMarks([]frame.Cell) draw.Legend {
	return draw.Legend{{Name: "by the cost model: bytes, bound, least latency", Sample: draw.ModelSample, Begins: true}}
}
