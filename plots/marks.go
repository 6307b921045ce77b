package plots

import "slices"

// boundMark explains the network bound with that sample, if any cell has one.
func boundMark(s sample) func([]Cell) legend {
	return func(cells []Cell) legend {
		if slices.ContainsFunc(cells, func(c Cell) bool { return c.Bound() > 0 }) {
			return legend{{name: "network bound", sample: s}}
		}
		return nil
	}
}

// latencyMarks explains what stands on and beside the bars of latencies, in a row below the protocols.
func latencyMarks(cells []Cell) legend {
	l := legend{{"p50", dotSample, true}, {"p99", tickSample, false}}
	if slices.ContainsFunc(cells, func(c Cell) bool { return c.Latency().HasInterval() }) {
		l = append(l, entry{name: "95 % interval", sample: whiskerSample})
	}
	if slices.ContainsFunc(cells, func(c Cell) bool { return c.Predicted().High > 0 }) {
		l = append(l, entry{name: "mean by the cost model", sample: predictionSample})
	}
	return l
}
