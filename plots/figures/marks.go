package figures

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
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

// percentiles says what the figure's percentiles are of, and which points have too few operations for one.
func percentiles(shares ...float64) func([]frame.Cell) string {
	return func(cells []frame.Cell) string {
		text := "Percentiles are of the operations of all valid runs together."
		for _, share := range shares {
			var few []int64
			for _, c := range cells {
				if p := c.Percentile(share); !p.Known() && len(c.Valid) > 0 {
					few = append(few, p.Operations)
				}
			}
			if len(few) > 0 {
				text += fmt.Sprintf(" No %s, which takes %d operations, of %s, with %d to %d.", frame.PercentileName(share),
					result.PercentileNeeds(share), stat.Count(len(few), "point"), slices.Min(few), slices.Max(few))
			}
		}
		return text
	}
}

// latencyMarks explains what stands on and beside the bars of latencies, in a row below the protocols.
func latencyMarks(cells []frame.Cell) draw.Legend {
	l := draw.Legend{{Name: "p50", Sample: draw.P50Sample, Begins: true}}
	if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Percentile(frame.P99).Known() }) {
		l = append(l, draw.Entry{Name: "p99", Sample: draw.P99Sample})
	}
	if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Latency().HasInterval() }) {
		l = append(l, draw.Entry{Name: "95 % interval", Sample: draw.WhiskerSample})
	}
	if slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Predicted().High > 0 }) {
		l = append(l, draw.Entry{Name: "mean by the cost model", Sample: draw.PredictionSample})
	}
	return l
}
