package tables

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

const owedNote = "A client begins an operation once no server owes more than a stated number of bytes to operations that have " +
	"ended: waited. Ignored: it begins at once. The numbers are of all runs, valid or not, because a load that runs ahead of " +
	"its servers is invalid. A slow server's link has the rate that stands there, the others' that of the testbed; the bound is " +
	"that of the others. Overtaken: operations that began although a server owed too much. Drain: from the window's end until " +
	"nobody owed anything."

// owedTable says what the wait for owed replies does to each system, with all servers alike and with a slow one.
func owedTable(cells []frame.Cell) Table {
	cells = frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == frame.Owed })
	slices.SortStableFunc(cells, func(a, b frame.Cell) int { // with and without beside each other
		return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.SlowServer, b.SlowServer))
	})
	t := tabulate("What the wait for owed replies does", owedColumns, cells, owedNote)
	t.Notes = append(t.Notes, invalidReasons(cells)...)
	return t
}

var owedColumns = slices.Concat([]column[frame.Cell]{
	{head: "protocol", of: func(c frame.Cell) string { return c.System.Title }},
}, on(seriesOf, seriesColumns), []column[frame.Cell]{
	{head: "clients", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
	{head: "slow server", of: func(c frame.Cell) string {
		if c.SlowServer == 0 {
			return stat.Missing
		}
		return c.SlowServer.String()
	}},
	{head: "owed", of: func(c frame.Cell) string { return cmp.Or(c.Owed, result.Waited) }},
	{head: "n valid", of: func(c frame.Cell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }},
	{head: "MB/s", of: func(c frame.Cell) string { return ofAll(c, frame.ThroughputMBps).String() }},
	{head: "of bound", of: allMean(func(p result.Point) float64 { return p.BoundRatio })},
	{head: "mean ms", of: func(c frame.Cell) string { return ofAll(c, frame.LatencyMean).String() }},
	{head: "waited ms", of: allMean(func(p result.Point) float64 { return p.LagWaitMs })},
	{head: "overtaken", of: func(c frame.Cell) string {
		return stat.Percent(ofAll(c, func(p result.Point) float64 { return float64(p.Overtaken) / float64(max(1, p.LoadOps)) }).Mean)
	}},
	{head: "drain ms", of: allMean(func(p result.Point) float64 { return p.DrainMs })},
})

// ofAll estimates a quantity from all repetitions, valid or not.
func ofAll(c frame.Cell, of func(result.Point) float64) stat.Estimate {
	var all []float64
	for _, p := range c.All() {
		all = append(all, of(p))
	}
	return stat.NewEstimate(all)
}

func allMean(of func(result.Point) float64) func(frame.Cell) string {
	return func(c frame.Cell) string { return stat.Digits(ofAll(c, of).Mean) }
}
