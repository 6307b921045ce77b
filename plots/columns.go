package plots

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A column of a table of measurements.
type column struct {
	head string
	of   func(c Cell) string
	// needed tells whether a cell has something to say there: without any such cell, the table lacks the column. nil:
	// it never does.
	needed func(c Cell) bool
}

// always makes a column that is never left out.
func always(head string, of func(c Cell) string) column { return column{head: head, of: of} }

// neededColumns leaves out those that have nothing to say of any cell.
func neededColumns(columns []column, cells []Cell) []column {
	return keep(columns, func(col column) bool {
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

func rowOf(columns []column, c Cell) []string {
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
	always("figure", func(c Cell) string { return orDash(c.Figure) }),
	always("protocol", func(c Cell) string { return protocolName(c.Protocol) }),
	always("variant/suite/durability", func(c Cell) string { return setUpOf(c.Key) }),
	always("op", func(c Cell) string { return opName(c.Op) }),
	always("t", func(c Cell) string { return strconv.Itoa(c.T) }),
	always("value", func(c Cell) string { return sizeName(c.ValueBytes) }),
	always("clients", func(c Cell) string { return strconv.Itoa(c.Clients) }),
	{"arrival", func(c Cell) string {
		if isClosed(c) {
			return result.Closed
		}
		return fmt.Sprintf("%s %g/s", c.Arrival, c.Rate)
	}, isOpen},
}

// whatColumns say what was measured, and how often.
var whatColumns = slices.Concat(pointColumns, []column{
	{"keys", func(c Cell) string { return tally(c.All(), keyModel) }, Cell.hot},
	{"writer beside", func(c Cell) string {
		if c.background() == 0 {
			return missing
		}
		return percent(c.background())
	}, func(c Cell) bool { return c.background() > 0 }},
	always("n valid", func(c Cell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }),
})

var throughputColumns = []column{
	always("MB/s", func(c Cell) string { return c.Throughput().String() }),
	always("ops/s", func(c Cell) string { return c.Ops().String() }),
	always("bound MB/s", func(c Cell) string { return orMissing(c.Bound()) }),
	always("of bound", func(c Cell) string {
		return orMissing(c.mean(func(p result.Point) float64 { return p.BoundRatio }))
	}),
}

var latencyColumns = []column{
	always("mean ms", func(c Cell) string { return c.Latency().String() }),
	always("p50 ms", func(c Cell) string { return orMissing(c.mean(p50)) }),
	always("p99 ms", func(c Cell) string { return orMissing(c.mean(p99)) }),
	{"service ms", func(c Cell) string {
		return orMissing(c.mean(func(p result.Point) float64 { return p.ServiceMs.Mean }))
	}, isOpen},
	{"slip ms", func(c Cell) string {
		return orMissing(c.mean(func(p result.Point) float64 { return p.SlipMs.Mean }))
	}, isOpen},
}

// modelColumns set the mean latency against the cost model's.
var modelColumns = []column{
	always("predicted ms", func(c Cell) string {
		if c.Predicted().High == 0 {
			return missing
		}
		return digits(c.Predicted().Low) + " to " + digits(c.Predicted().High)
	}),
	always("mean is", againstModel),
}

// resourceColumns say what the operations took, and what was checked of them.
var resourceColumns = []column{
	always("bytes c→s", func(c Cell) string {
		return traffic(c, func(f result.TrafficFactor) float64 { return f.ClientToServer })
	}),
	always("bytes s→c", func(c Cell) string {
		return traffic(c, func(f result.TrafficFactor) float64 { return f.ServerToClient })
	}),
	always("bottleneck", func(c Cell) string {
		return tally(c.Valid, func(p result.Point) string { return p.Bottleneck })
	}),
	always("linearizable", func(c Cell) string {
		return tally(c.All(), func(p result.Point) string { return p.Linearizable.Verdict })
	}),
	always("concurrency", func(c Cell) string {
		if len(c.Valid) == 0 {
			return missing
		}
		return percent(c.mean(func(p result.Point) float64 { return p.Concurrency }))
	}),
}

// againstModel says where the mean latency lies: inside the predicted interval, or above or below it by how much. The
// model knows one client alone.
func againstModel(c Cell) string {
	mean, model := c.Latency(), c.Predicted()
	switch {
	case !mean.Known() || model.High == 0 || c.Clients > 1:
		return missing
	case mean.Mean > model.High:
		return "above by " + roughly(mean.Mean/model.High-1)
	case mean.Mean < model.Low:
		return "below by " + roughly(1-mean.Mean/model.Low)
	default:
		return "inside"
	}
}

// roughly formats a share in whole percent.
func roughly(share float64) string {
	if share < 0.005 {
		return "less than 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// traffic is one direction's bytes per operation, measured and predicted.
func traffic(c Cell, direction func(result.TrafficFactor) float64) string {
	if len(c.Valid) == 0 {
		return missing
	}
	return fmt.Sprintf("%.2f (%.2f)",
		c.mean(func(p result.Point) float64 { return direction(p.WireFactor) }),
		c.mean(func(p result.Point) float64 { return direction(p.CostFactor) }))
}

// tally is what the points say, as in "link" when all agree and "cpu 1, link 4" when they do not.
func tally(points []result.Point, of func(result.Point) string) string {
	counts := map[string]int{}
	for _, p := range points {
		counts[orDash(of(p))]++
	}
	said := slices.Sorted(maps.Keys(counts))
	switch len(said) {
	case 0:
		return missing
	case 1:
		return said[0]
	}
	for i, s := range said {
		said[i] = fmt.Sprintf("%s %d", s, counts[s])
	}
	return strings.Join(said, ", ")
}
