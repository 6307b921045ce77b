package figures

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// mixedRows show, against the share of READs, the peak and what operations of each kind take there.
var mixedRows = []panel{
	alongMix(quantity{}, quantity{label: "Peak (MB/s)", of: frame.ThroughputMBps, peaks: true}, func(result.Series) bool { return true }),
	alongMix(quantity{}, quantity{label: "READs (ms)", of: frame.ReadLatency, peaks: true}, result.Series.Reads),
	alongMix(quantity{label: "Share of READs (%)"}, quantity{label: "WRITEs (ms)", of: frame.WriteLatency, peaks: true},
		result.Series.Writes),
}

// alongMix is a row of curves along the share of READs, of series that have what y shows.
func alongMix(x, y quantity, has func(result.Series) bool) panel {
	return panel{x: x, y: y, plot: func(d panel, c column) *draw.Panel {
		p := d.newPlot()
		if !c.first {
			p.Y.Label.Text = ""
		}
		shown := frame.Keep(d.y.shown(c.cells), func(c frame.Cell) bool { return has(c.Series) })
		slices.SortStableFunc(shown, func(a, b frame.Cell) int { return cmp.Compare(a.ReadShare(), b.ReadShare()) })
		for _, s := range protocolsOf(c.cells) {
			l := draw.Curve{Look: lookOf(s)}
			for _, cell := range ofProtocol(shown, s) {
				l.Dots = append(l.Dots, draw.Dot{X: stat.Exactly(100 * cell.ReadShare()), Y: cell.Estimate(d.y.of)})
			}
			p.Add(l)
		}
		p.X.Tick.Marker = shareTicks
		p.X.Min, p.X.Max = -4, 104
		return p
	}}
}

var shareTicks = plot.ConstantTicks{
	{Value: 0, Label: "0"}, {Value: 25, Label: "25"}, {Value: 50, Label: "50"}, {Value: 75, Label: "75"}, {Value: 100, Label: "100"},
}
