// Package tables declares the tables of the evaluation: columns, rows and notes.
//
// It imports stat, frame and caption; sink, plots, report and claims import it.
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

// A Table is rows of text under a header, with what must be said about them.
type Table struct {
	Title  string
	Header []string
	Rows   [][]string // each as long as Header
	Notes  []string   // sentences below the table
	// What the rows are of, one for each row, or none: Cells the measurements, Trials the trials, Costs all repetitions of
	// a scheme's costs.
	Cells  []frame.Cell
	Trials []result.Trial
	Costs  [][]result.Cost
}

// Tables is a list of tables to read in a terminal or to publish.
type Tables []Table

// A column of a table declares what it says of a row.
type column[R any] struct {
	head string
	of   func(R) string
	// needed tells whether a row has something to say there. Without such a row, the column is left out. nil: never.
	needed func(R) bool
}

// tabulate makes the table with those columns and rows.
func tabulate[R any](title string, columns []column[R], rows []R, notes ...string) Table {
	columns = frame.Keep(columns, func(col column[R]) bool {
		return col.needed == nil || slices.ContainsFunc(rows, col.needed)
	})
	t := Table{Title: title, Notes: notes}
	for _, col := range columns {
		t.Header = append(t.Header, col.head)
	}
	for _, r := range rows {
		row := make([]string, len(columns))
		for i, col := range columns {
			row[i] = col.of(r)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// on makes columns of a part of a row.
func on[R, P any](part func(R) P, columns []column[P]) []column[R] {
	all := make([]column[R], len(columns))
	for i, col := range columns {
		all[i] = column[R]{head: col.head, of: func(r R) string { return col.of(part(r)) }}
		if col.needed != nil {
			all[i].needed = func(r R) bool { return col.needed(part(r)) }
		}
	}
	return all
}

// pointColumns say which point was measured.
var pointColumns = slices.Concat(figureColumns, []column[frame.Cell]{
	{head: "protocol", of: func(c frame.Cell) string { return c.System.Title }},
}, setUpColumns, on(seriesOf, seriesColumns), []column[frame.Cell]{
	{head: "clients", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
	{"arrival", func(c frame.Cell) string {
		if frame.IsClosed(c) {
			return result.Closed
		}
		return fmt.Sprintf("%s %g/s", c.Arrival, c.Rate)
	}, frame.IsOpen},
	{"attack", frame.AttackOf, func(c frame.Cell) bool { return c.Attack != "" }},
})

var (
	figureColumns = []column[frame.Cell]{
		{head: "figure", of: func(c frame.Cell) string { return stat.OrDash(c.Figure) }},
	}
	setUpColumns = []column[frame.Cell]{{head: "variant/suite/durability", of: frame.Cell.SetUp}}
	// seriesColumns say what was measured of a protocol.
	seriesColumns = []column[result.Series]{
		{head: "op", of: func(s result.Series) string { return stat.OpName(s.Op) }},
		{head: "t", of: func(s result.Series) string { return strconv.Itoa(s.T) }},
		{head: "value", of: frame.SizeName},
	}
)

func seriesOf(c frame.Cell) result.Series { return c.Series }

// whatColumns say what was measured, and how often.
var whatColumns = slices.Concat(pointColumns, []column[frame.Cell]{
	{"keys", func(c frame.Cell) string { return tally(c.All(), frame.KeyModel) }, frame.Cell.NotUniform},
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
	{head: "p50 ms", of: func(c frame.Cell) string { return c.Percentile(frame.Median).Text() }},
	{head: "p99 ms", of: func(c frame.Cell) string { return c.Percentile(frame.P99).Text() }},
	{"READs ms", mean(frame.ReadLatency), isMixed},
	{"WRITEs ms", mean(frame.WriteLatency), isMixed},
	{"service ms", mean(func(p result.Point) float64 { return p.ServiceMs.Mean }), frame.IsOpen},
	{"slip ms", mean(func(p result.Point) float64 { return p.SlipMs.Mean }), frame.IsOpen},
}

func isMixed(c frame.Cell) bool { return c.Mixed() }

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

// resourceColumns say what the operations cost, and whether their histories are linearizable.
var resourceColumns = []column[frame.Cell]{
	{head: "bytes c→s", of: traffic(toServers)},
	{head: "off c→s", of: deviation(toServers)},
	{head: "bytes s→c", of: traffic(toClients)},
	{head: "off s→c", of: deviation(toClients)},
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

// againstModel says where the mean latency lies by the cost model, which knows one client alone.
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

func toServers(f result.TrafficFactor) float64 { return f.ClientToServer }
func toClients(f result.TrafficFactor) float64 { return f.ServerToClient }

// deviation is how far one direction's bytes are from the cost model at most.
func deviation(direction func(result.TrafficFactor) float64) func(frame.Cell) string {
	return func(c frame.Cell) string {
		if share, known := c.Deviation(direction); known {
			return stat.Signed(share)
		}
		return stat.Missing
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
			c.Mean(func(p result.Point) float64 { return direction(p.Model()) }))
	}
}

// tally counts what the points say, as in "link" when all agree and "cpu 1, link 4" when they do not.
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
