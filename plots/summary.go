package plots

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// Summary tabulates everything that the sets measured, the LAN's and the WAN's apart, the ratios of peak throughputs next
// to those that the network alone predicts, the paper's Tables 1 and 3, and what came of attacks. It refuses what Cells
// refuses, and trials that do not belong together.
func Summary(sets []*result.Set) (Tables, error) {
	cells, err := Cells(sets)
	if err != nil {
		return nil, err
	}
	var tables Tables
	for _, n := range networks {
		isIn := func(c Cell) bool { return inWAN(c.Set) == n.wan }
		sets := keep(sets, func(s *result.Set) bool { return inWAN(s) == n.wan && !withoutPoints(s) })
		if len(sets) > 0 {
			tables = append(tables, measurements(n.title, n.columns, n.note, sets, keep(cells, isIn)))
		}
	}
	saturated := func(c Cell) bool { // otherwise there is no peak
		return (!c.wan() || c.Figure == "wan") && !known[c.Figure].table
	}
	if r := Ratios(keep(cells, saturated)); len(r) > 0 {
		tables = append(tables, ratioTable(r))
	}
	if t, found := splitTable(cells); found {
		tables = append(tables, t)
	}
	counts, err := roundsTables(sets, cells)
	if err != nil {
		return nil, err
	}
	attacks, err := attackTable(sets)
	if err != nil {
		return nil, err
	}
	costs, err := costTables(sets)
	return slices.Concat(tables, counts, attacks, costs), err
}

// withoutPoints reports whether the set is one of trials or of costs.
func withoutPoints(s *result.Set) bool { return len(s.Trials)+len(s.Costs) > 0 && len(s.Points) == 0 }

// networks are the kinds of network, each with a table of its own, because what matters differs.
var networks = []struct {
	wan     bool
	title   string
	columns []column
	note    string
}{
	{false, "Measurements", lanColumns, columnsNote},
	{true, "Measurements in the WAN", wanColumns, columnsNote + " Predicted: the mean latency of one client alone by " +
		"the cost model, and where the measured mean lies against it."},
}

const columnsNote = "MB/s, ops/s and mean latency: mean ± half of the 95 % confidence interval. p50 and p99: mean " +
	"over the runs. Bytes: measured on the wire per operation, in multiples of the value's size (in brackets: the cost " +
	"model)."

const openNote = "Arrival: closed, or how often operations arrive by themselves; their latency is from when they were due, " +
	"service is from when they began, and slip how much of the difference is the load generator's."

func measurements(title string, columns []column, note string, sets []*result.Set, cells []Cell) Table {
	columns = neededColumns(columns, cells)
	t := Table{Title: title, Header: heads(columns), Cells: cells}
	for _, c := range cells {
		t.Rows = append(t.Rows, rowOf(columns, c))
	}
	t.Notes = append(whereFrom(sets), repetitions(cells), note)
	if slices.ContainsFunc(cells, isOpen) {
		t.Notes = append(t.Notes, openNote)
	}
	t.Notes = append(t.Notes, invalidReasons(cells)...)
	return t
}

// whereFrom is a line per set: where it is and what it ran on.
func whereFrom(sets []*result.Set) []string {
	var lines []string
	for _, s := range sets {
		parts := warnings(s)
		if n := network(s); len(n) > 0 {
			parts = append(parts, strings.Join(n, " "))
		}
		lines = append(lines, s.Dir+": "+strings.Join(parts, ". "))
	}
	return lines
}

// invalidReasons is a line per reason for which points are left out.
func invalidReasons(cells []Cell) []string {
	counts := map[string]int{}
	for _, c := range cells {
		for _, p := range c.Invalid {
			counts[p.InvalidReason]++
		}
	}
	var lines []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("Left out %s: %s.", count(counts[reason], "run"), orDash(reason)))
	}
	return lines
}

func ratioTable(ratios []Ratio) Table {
	t := Table{
		Title: "Ratios of peak throughput",
		Header: []string{
			"figure", "variant/suite/durability", "op", "t", "value", "compared", "clients", "pairs", "measured",
			"network model",
		},
		Notes: []string{"Measured: geometric mean of the ratio in each repetition with its 95 % confidence interval " +
			"(paired by repetition; Student's t on the logarithms). Network model: the ratio that the links alone predict."},
	}
	for _, r := range ratios {
		o, u := r.Over, r.Under
		t.Rows = append(t.Rows, []string{
			orDash(o.Figure), setUpOf(o.Key), opName(o.Op), strconv.Itoa(o.T), sizeName(o.ValueBytes),
			protocolName(o.Protocol) + " / " + protocolName(u.Protocol), fmt.Sprintf("%d / %d", o.Clients, u.Clients),
			strconv.Itoa(r.N), r.String(), orMissing(r.Model),
		})
	}
	return t
}

func setUpOf(k Key) string { return k.Variant + "/" + k.Suite + "/" + k.Durability }

func orDash(s string) string {
	if s == "" {
		return missing
	}
	return s
}
