package figures

import (
	"slices"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
)

// boundMark explains the network bound with that sample, if any cell has one.
func boundMark(s draw.Sample) func([]frame.Cell) draw.Legend {
	return func(cells []frame.Cell) draw.Legend {
		if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Bound() > 0 }) {
			return draw.Legend{{Name: "network bound", Sample: s}}
		}
		return nil
	}
}

// LatencyMarks explains what stands on and beside the bars of latencies, in a row below the protocols.
func LatencyMarks(cells []frame.Cell) draw.Legend {
	l := draw.Legend{{Name: "p50", Sample: draw.DotSample, Begins: true}, {Name: "p99", Sample: draw.TickSample, Begins: false}}
	if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Latency().HasInterval() }) {
		l = append(l, draw.Entry{Name: "95 % interval", Sample: draw.WhiskerSample})
	}
	if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Predicted().High > 0 }) {
		l = append(l, draw.Entry{Name: "mean by the cost model", Sample: draw.PredictionSample})
	}
	return l
}
