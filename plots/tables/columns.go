package tables

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// pointColumns say which point was measured.
var pointColumns = slices.Concat(figureColumns, []column[frame.Cell]{
	{head: "protocol", of: func(c frame.Cell) string { return c.System.Title }},
}, setUpColumns, seriesColumns, []column[frame.Cell]{
	{head: "clients", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
	{"arrival", func(c frame.Cell) string {
		if frame.IsClosed(c) {
			return result.Closed
		}
		return fmt.Sprintf("%s %g/s", c.Arrival, c.Rate)
	}, frame.IsOpen},
})

var (
	figureColumns = []column[frame.Cell]{
		{head: "figure", of: func(c frame.Cell) string { return stat.OrDash(c.Figure) }},
	}
	setUpColumns = []column[frame.Cell]{{head: "variant/suite/durability", of: frame.Cell.SetUp}}
	// seriesColumns say what was measured of a protocol.
	seriesColumns = []column[frame.Cell]{
		{head: "op", of: func(c frame.Cell) string { return stat.OpName(c.Op) }},
		{head: "t", of: func(c frame.Cell) string { return strconv.Itoa(c.T) }},
		{head: "value", of: func(c frame.Cell) string { return stat.SizeName(c.ValueBytes) }},
	}
)

// whatColumns say what was measured, and how often.
var whatColumns = slices.Concat(pointColumns, []column[frame.Cell]{
	{"keys", func(c frame.Cell) string { return tally(c.All(), frame.KeyModel) }, frame.Cell.Hot},
	{"writer beside", func(c frame.Cell) string {
		if c.Background() == 0 {
			return stat.Missing
		}
		return stat.Percent(c.Background())
	}, func(c frame.Cell) bool { return c.Background() > 0 }},
	{head: "n valid", of: func(c frame.Cell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }},
})

var throughputColumns = []column[frame.Cell]{
	{head: "MB/s", of: func(c frame.Cell) string { return c.Throughput().String() }},
	{head: "ops/s", of: func(c frame.Cell) string { return c.Estimate(frame.ThroughputOps).String() }},
	{head: "bound MB/s", of: func(c frame.Cell) string { return stat.OrMissing(c.Bound()) }},
	{head: "of bound", of: mean(func(p result.Point) float64 { return p.BoundRatio })},
}

var latencyColumns = []column[frame.Cell]{
	{head: "mean ms", of: func(c frame.Cell) string { return c.Latency().String() }},
	{head: "p50 ms", of: mean(frame.P50)},
	{head: "p99 ms", of: mean(frame.P99)},
	{"service ms", mean(func(p result.Point) float64 { return p.ServiceMs.Mean }), frame.IsOpen},
	{"slip ms", mean(func(p result.Point) float64 { return p.SlipMs.Mean }), frame.IsOpen},
}

// mean is the mean over the repetitions, without an interval.
func mean(of func(result.Point) float64) func(frame.Cell) string {
	return func(c frame.Cell) string { return stat.OrMissing(c.Mean(of)) }
}

// modelColumns set the mean latency against the cost model's.
var modelColumns = []column[frame.Cell]{
	{head: "predicted ms", of: func(c frame.Cell) string {
		if c.Predicted().High == 0 {
			return stat.Missing
		}
		return stat.Digits(c.Predicted().Low) + " to " + stat.Digits(c.Predicted().High)
	}},
	{head: "mean is", of: againstModel},
}

// resourceColumns say what the operations took, and what was checked of them.
var resourceColumns = []column[frame.Cell]{
	{head: "bytes c→s", of: traffic(func(f result.TrafficFactor) float64 { return f.ClientToServer })},
	{head: "bytes s→c", of: traffic(func(f result.TrafficFactor) float64 { return f.ServerToClient })},
	{head: "bottleneck", of: func(c frame.Cell) string {
		return tally(c.Valid, func(p result.Point) string { return p.Bottleneck })
	}},
	{head: "linearizable", of: func(c frame.Cell) string {
		return tally(c.All(), func(p result.Point) string { return string(p.Linearizable.Code) })
	}},
	{head: "concurrency", of: func(c frame.Cell) string {
		if len(c.Valid) == 0 {
			return stat.Missing
		}
		return stat.Percent(c.Mean(func(p result.Point) float64 { return p.Concurrency }))
	}},
}

// againstModel says where the mean latency lies: inside the predicted interval, or above or below it by how much. The
// model knows one client alone.
func againstModel(c frame.Cell) string {
	mean, model := c.Latency(), c.Predicted()
	switch {
	case !mean.Known() || model.High == 0 || c.Clients > 1:
		return stat.Missing
	case mean.Mean > model.High:
		return "above by " + stat.Roughly(mean.Mean/model.High-1)
	case mean.Mean < model.Low:
		return "below by " + stat.Roughly(1-mean.Mean/model.Low)
	default:
		return "inside"
	}
}

// traffic is one direction's bytes per operation, measured and predicted.
func traffic(direction func(result.TrafficFactor) float64) func(frame.Cell) string {
	return func(c frame.Cell) string {
		if len(c.Valid) == 0 {
			return stat.Missing
		}
		return fmt.Sprintf("%.2f (%.2f)",
			c.Mean(func(p result.Point) float64 { return direction(p.WireFactor) }),
			c.Mean(func(p result.Point) float64 { return direction(p.CostFactor) }))
	}
}

// tally is what the points say, as in "link" when all agree and "cpu 1, link 4" when they do not.
func tally(points []result.Point, of func(result.Point) string) string {
	counts := map[string]int{}
	for _, p := range points {
		counts[stat.OrDash(of(p))]++
	}
	said := slices.Sorted(maps.Keys(counts))
	if len(said) == 1 {
		return said[0]
	}
	for i, s := range said {
		said[i] = fmt.Sprintf("%s %d", s, counts[s])
	}
	return stat.OrDash(strings.Join(said, ", "))
}
