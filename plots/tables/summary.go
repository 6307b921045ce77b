package tables

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// Summary tabulates everything that the sets measured, the LAN's and the WAN's apart, the ratios of peak throughputs next
// to those that the network alone predicts, the paper's Tables 1 and 3, what came of attacks, and what profiles say. It refuses what
// frame.Cells refuses, and trials that do not belong together.
func Summary(sets []*result.Set) (Tables, error) {
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	var tables Tables
	for _, n := range networks {
		own := frame.Keep(sets, func(s *result.Set) bool {
			return frame.InWAN(s) == n.wan && (len(s.Points) > 0 || len(s.Trials)+len(s.Costs) == 0)
		})
		if len(own) > 0 {
			isIn := func(c frame.Cell) bool { return frame.InWAN(c.Set) == n.wan }
			tables = append(tables, measurements(n.title, n.columns, n.note, own, frame.Keep(cells, isIn)))
		}
	}
	if r := frame.Ratios(frame.Keep(cells, saturated)); len(r) > 0 {
		tables = append(tables, tabulate("Ratios of peak throughput", ratioColumns, r, ratioNote))
	}
	if l := leadsTable(cells); len(l.Rows) > 0 {
		tables = append(tables, l)
	}
	if s := splits(cells); len(s) > 0 {
		tables = append(tables, tabulate("What M-PoWerStore's gain over Phalanx is made of", splitColumns, s, splitNote))
	}
	counts, err := countTables(sets, cells)
	if err != nil {
		return nil, err
	}
	attacks, err := attackTable(sets)
	if err != nil {
		return nil, err
	}
	if l := limitsTable(cells); len(l.Rows) > 0 {
		tables = append(tables, l)
	}
	if s := frame.AllSustained(cells); len(s) > 0 {
		tables = append(tables, tabulate("Sustained throughput", sustainedColumns, s, sustainedNote))
	}
	if r := frame.Robusts(cells); len(r) > 0 {
		tables = append(tables, tabulate("Capacity", capacityColumns, r, capacityNote))
	}
	if o := owedTable(cells); len(o.Rows) > 0 {
		tables = append(tables, o)
	}
	if a := authTable(cells); len(a.Rows) > 0 {
		tables = append(tables, a)
	}
	if r := recorderTable(cells); len(r.Rows) > 0 {
		tables = append(tables, r)
	}
	spent, err := profileTables(cells)
	if err != nil {
		return nil, err
	}
	costs, err := costTables(sets)
	return slices.Concat(tables, counts, attacks, costs, spent), err
}

// saturated reports whether the cell's figure has peaks.
func saturated(c frame.Cell) bool {
	return (!frame.InWAN(c.Set) || c.Figure == "wan") && !frame.ForTable(c.Figure)
}

// networks are the kinds of network. Each has its own table, because other columns matter.
var networks = []struct {
	wan     bool
	title   string
	columns []column[frame.Cell]
	note    string
}{
	{false, "Measurements", slices.Concat(whatColumns, throughputColumns, latencyColumns, resourceColumns), columnsNote},
	{
		true, "Measurements in the WAN",
		slices.Concat(whatColumns, latencyColumns, modelColumns, throughputColumns, resourceColumns),
		columnsNote + " Predicted: the mean latency of one client alone by " +
			"the cost model, and where the measured mean lies against it.",
	},
}

var columnsNote = "MB/s, ops/s and mean latency: mean ± half of the 95 % confidence interval. " +
	frame.PercentileNote(frame.Median, frame.P99) + " Bytes: measured on the wire per operation, in multiples of the value's " +
	"size (in brackets: the cost model). Off: by how much they differ from the exact model, as a share of it or, where it is less " +
	"than a value, of the value, in the run, valid or not, in which they differ most."

const openNote = "Arrival: closed, or how often operations arrive by themselves; their latency is from when they were due, " +
	"service is from when they began, and slip how much of the difference is the load generator's."

func measurements(title string, columns []column[frame.Cell], note string, sets []*result.Set, cells []frame.Cell) Table {
	t := tabulate(title, columns, cells)
	t.Cells = cells
	for _, s := range sets { // where it is and what it ran on
		parts := caption.Warnings(s)
		if n := caption.Network(s); len(n) > 0 {
			parts = append(parts, strings.Join(n, " "))
		}
		t.Notes = append(t.Notes, s.Dir+": "+strings.Join(parts, ". "))
	}
	t.Notes = append(t.Notes, caption.Repetitions(cells), note)
	if slices.ContainsFunc(cells, frame.IsOpen) {
		t.Notes = append(t.Notes, openNote)
	}
	t.Notes = append(t.Notes, invalidReasons(cells)...)
	return t
}

// invalidReasons is a line per reason for which points are left out.
func invalidReasons(cells []frame.Cell) []string {
	counts := map[string]int{}
	for _, c := range cells {
		for _, p := range c.Invalid {
			counts[p.InvalidReason]++
		}
	}
	var lines []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("Left out %s: %s.", stat.Count(counts[reason], "run"), stat.OrDash(reason)))
	}
	return lines
}

const ratioNote = "Measured: geometric mean of the ratio in each repetition with its 95 % confidence interval " +
	"(paired by repetition; Student's t on the logarithms). Network model: the ratio that the links alone predict."

var ratioColumns = slices.Concat(
	on(func(r frame.Ratio) frame.Cell { return r.Over }, slices.Concat(figureColumns, setUpColumns, on(seriesOf, seriesColumns))),
	[]column[frame.Ratio]{
		{head: "compared", of: func(r frame.Ratio) string { return r.Over.System.Title + " / " + r.Under.System.Title }},
		{head: "clients", of: func(r frame.Ratio) string { return fmt.Sprintf("%d / %d", r.Over.Clients, r.Under.Clients) }},
		{head: "pairs", of: func(r frame.Ratio) string { return strconv.Itoa(r.N) }},
		{head: "measured", of: func(r frame.Ratio) string { return r.Format(2) }},
		{head: "network model", of: func(r frame.Ratio) string { return stat.OrMissing(r.Model) }},
	})

// A split is the worth of one cause of M-PoWerStore's gain over Phalanx: the ratio of its system to the one before.
type split struct {
	peak, latency frame.Ratio
	step          string
}

const splitNote = "Each row divides the second system's by the first's: geometric means of the ratio in each " +
	"repetition, with 95 % confidence intervals. A latency below 1 is a gain."

var splitColumns = slices.Concat(on(func(s split) result.Series { return s.peak.Over.Series }, seriesColumns), []column[split]{
	{head: "from", of: func(s split) string { return s.peak.Under.System.Name() }},
	{head: "to", of: func(s split) string { return s.peak.Over.System.Name() }},
	{head: "by", of: func(s split) string { return s.step }},
	{head: "pairs", of: func(s split) string { return strconv.Itoa(s.peak.N) }},
	{head: "peak throughput ×", of: func(s split) string { return s.peak.Format(2) }},
	{head: "network model ×", of: func(s split) string { return stat.OrMissing(s.peak.Model) }},
	{head: "latency of one client ×", of: func(s split) string { return s.latency.Format(2) }},
})

// splits are the causes that were measured in the same run as the one before.
func splits(cells []frame.Cell) (all []split) {
	cells = frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == frame.Ablation })
	peaks := frame.Peaks(cells)
	for _, first := range peaks {
		if !frame.Causes[0].Is(first.System) {
			continue
		}
		of := func(cells []frame.Cell, cause frame.Cause, clients int) frame.Cell { // clients 0: any
			return frame.Find(cells, func(c frame.Cell) bool {
				k := first.Key
				k.Protocol, k.Variant, k.Clients = cause.Protocol, cause.Variant, c.Clients
				return c.Key == k && (clients == 0 || clients == c.Clients)
			})
		}
		for i, over := range frame.Causes[1:] {
			under := frame.Causes[i]
			peak := frame.RatioOf(of(peaks, over, 0), of(peaks, under, 0), frame.ThroughputMBps)
			if peak.N > 0 {
				all = append(all, split{peak, frame.RatioOf(of(cells, over, 1), of(cells, under, 1), frame.LatencyMean), over.Step})
			}
		}
	}
	return all
}
