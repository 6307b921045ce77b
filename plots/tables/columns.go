package tables

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A column of a table of measurements.
type column struct {
	head string
	of   func(c frame.Cell) string
	// needed tells whether a cell has something to say there: without any such cell, the table lacks the column. nil:
	// it never does.
	needed func(c frame.Cell) bool
}

// always makes a column that is never left out.
func always(head string, of func(c frame.Cell) string) column { return column{head: head, of: of} }

// neededColumns leaves out those that have nothing to say of any cell.
func neededColumns(columns []column, cells []frame.Cell) []column {
	return frame.Keep(columns, func(col column) bool {
		return col.needed == nil || slices.ContainsFunc(cells, col.needed)
	})
}

func heads(columns []column) []string {
	names := make([]string, len(columns))
	for i, col := range columns {
		names[i] = col.head
	}
	return names
}

func rowOf(columns []column, c frame.Cell) []string {
	row := make([]string, len(columns))
	for i, col := range columns {
		row[i] = col.of(c)
	}
	return row
}

var (
	lanColumns = slices.Concat(whatColumns, throughputColumns, latencyColumns, resourceColumns)
	wanColumns = slices.Concat(whatColumns, latencyColumns, modelColumns, throughputColumns, resourceColumns)
)

// pointColumns say which point was measured.
var pointColumns = []column{
	always("figure", func(c frame.Cell) string { return stat.OrDash(c.Figure) }),
	always("protocol", func(c frame.Cell) string { return look.Name(c.Protocol) }),
	always("variant/suite/durability", func(c frame.Cell) string { return setUpOf(c.Key) }),
	always("op", func(c frame.Cell) string { return stat.OpName(c.Op) }),
	always("t", func(c frame.Cell) string { return strconv.Itoa(c.T) }),
	always("value", func(c frame.Cell) string { return stat.SizeName(c.ValueBytes) }),
	always("clients", func(c frame.Cell) string { return strconv.Itoa(c.Clients) }),
	{"arrival", func(c frame.Cell) string {
		if frame.IsClosed(c) {
			return result.Closed
		}
		return fmt.Sprintf("%s %g/s", c.Arrival, c.Rate)
	}, frame.IsOpen},
}

// whatColumns say what was measured, and how often.
var whatColumns = slices.Concat(pointColumns, []column{
	{"keys", func(c frame.Cell) string { return tally(c.All(), frame.KeyModel) }, frame.Cell.Hot},
	{"writer beside", func(c frame.Cell) string {
		if c.Background() == 0 {
			return stat.Missing
		}
		return stat.Percent(c.Background())
	}, func(c frame.Cell) bool { return c.Background() > 0 }},
	always("n valid", func(c frame.Cell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }),
})

var throughputColumns = []column{
	always("MB/s", func(c frame.Cell) string { return c.Throughput().String() }),
	always("ops/s", func(c frame.Cell) string { return c.Ops().String() }),
	always("bound MB/s", func(c frame.Cell) string { return stat.OrMissing(c.Bound()) }),
	always("of bound", func(c frame.Cell) string {
		return stat.OrMissing(c.Mean(func(p result.Point) float64 { return p.BoundRatio }))
	}),
}

var latencyColumns = []column{
	always("mean ms", func(c frame.Cell) string { return c.Latency().String() }),
	always("p50 ms", func(c frame.Cell) string { return stat.OrMissing(c.Mean(frame.P50)) }),
	always("p99 ms", func(c frame.Cell) string { return stat.OrMissing(c.Mean(frame.P99)) }),
	{"service ms", func(c frame.Cell) string {
		return stat.OrMissing(c.Mean(func(p result.Point) float64 { return p.ServiceMs.Mean }))
	}, frame.IsOpen},
	{"slip ms", func(c frame.Cell) string {
		return stat.OrMissing(c.Mean(func(p result.Point) float64 { return p.SlipMs.Mean }))
	}, frame.IsOpen},
}

// modelColumns set the mean latency against the cost model's.
var modelColumns = []column{
	always("predicted ms", func(c frame.Cell) string {
		if c.Predicted().High == 0 {
			return stat.Missing
		}
		return stat.Digits(c.Predicted().Low) + " to " + stat.Digits(c.Predicted().High)
	}),
	always("mean is", againstModel),
}

// resourceColumns say what the operations took, and what was checked of them.
var resourceColumns = []column{
	always("bytes c→s", func(c frame.Cell) string {
		return traffic(c, func(f result.TrafficFactor) float64 { return f.ClientToServer })
	}),
	always("bytes s→c", func(c frame.Cell) string {
		return traffic(c, func(f result.TrafficFactor) float64 { return f.ServerToClient })
	}),
	always("bottleneck", func(c frame.Cell) string {
		return tally(c.Valid, func(p result.Point) string { return p.Bottleneck })
	}),
	always("linearizable", func(c frame.Cell) string {
		return tally(c.All(), func(p result.Point) string { return string(p.Linearizable.Code) })
	}),
	always("concurrency", func(c frame.Cell) string {
		if len(c.Valid) == 0 {
			return stat.Missing
		}
		return stat.Percent(c.Mean(func(p result.Point) float64 { return p.Concurrency }))
	}),
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
func traffic(c frame.Cell, direction func(result.TrafficFactor) float64) string {
	if len(c.Valid) == 0 {
		return stat.Missing
	}
	return fmt.Sprintf("%.2f (%.2f)",
		c.Mean(func(p result.Point) float64 { return direction(p.WireFactor) }),
		c.Mean(func(p result.Point) float64 { return direction(p.CostFactor) }))
}

// tally is what the points say, as in "link" when all agree and "cpu 1, link 4" when they do not.
func tally(points []result.Point, of func(result.Point) string) string {
	counts := map[string]int{}
	for _, p := range points {
		counts[stat.OrDash(of(p))]++
	}
	said := slices.Sorted(maps.Keys(counts))
	switch len(said) {
	case 0:
		return stat.Missing
	case 1:
		return said[0]
	}
	for i, s := range said {
		said[i] = fmt.Sprintf("%s %d", s, counts[s])
	}
	return strings.Join(said, ", ")
}
