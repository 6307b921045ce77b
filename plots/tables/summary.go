package tables

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// Summary tabulates everything that the sets measured, the LAN's and the WAN's apart, the ratios of peak throughputs next
// to those that the network alone predicts, the paper's Tables 1 and 3, and what came of attacks. It refuses what Cells
// refuses, and trials that do not belong together.
func Summary(sets []*result.Set) (Tables, error) {
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	var tables Tables
	for _, n := range networks {
		isIn := func(c frame.Cell) bool { return frame.InWAN(c.Set) == n.wan }
		sets := frame.Keep(sets, func(s *result.Set) bool { return frame.InWAN(s) == n.wan && !withoutPoints(s) })
		if len(sets) > 0 {
			tables = append(tables, measurements(n.title, n.columns, n.note, sets, frame.Keep(cells, isIn)))
		}
	}
	saturated := func(c frame.Cell) bool { // otherwise there is no peak
		return (!c.Wan() || c.Figure == "wan") && !frame.Known[c.Figure].Table
	}
	if r := frame.Ratios(frame.Keep(cells, saturated)); len(r) > 0 {
		tables = append(tables, ratioTable(r))
	}
	if t, found := SplitTable(cells); found {
		tables = append(tables, t)
	}
	counts, err := RoundsTables(sets, cells)
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

const OpenNote = "Arrival: closed, or how often operations arrive by themselves; their latency is from when they were due, " +
	"service is from when they began, and slip how much of the difference is the load generator's."

func measurements(title string, columns []column, note string, sets []*result.Set, cells []frame.Cell) Table {
	columns = neededColumns(columns, cells)
	t := Table{Title: title, Header: heads(columns), Cells: cells}
	for _, c := range cells {
		t.Rows = append(t.Rows, rowOf(columns, c))
	}
	t.Notes = append(whereFrom(sets), caption.Repetitions(cells), note)
	if slices.ContainsFunc(cells, frame.IsOpen) {
		t.Notes = append(t.Notes, OpenNote)
	}
	t.Notes = append(t.Notes, invalidReasons(cells)...)
	return t
}

// whereFrom is a line per set: where it is and what it ran on.
func whereFrom(sets []*result.Set) []string {
	var lines []string
	for _, s := range sets {
		parts := caption.Warnings(s)
		if n := caption.Network(s); len(n) > 0 {
			parts = append(parts, strings.Join(n, " "))
		}
		lines = append(lines, s.Dir+": "+strings.Join(parts, ". "))
	}
	return lines
}

func ratioTable(ratios []frame.Ratio) Table {
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
			stat.OrDash(o.Figure), setUpOf(o.Key), stat.OpName(o.Op), strconv.Itoa(o.T), stat.SizeName(o.ValueBytes),
			look.Name(o.Protocol) + " / " + look.Name(u.Protocol), fmt.Sprintf("%d / %d", o.Clients, u.Clients),
			strconv.Itoa(r.N), r.String(), stat.OrMissing(r.Model),
		})
	}
	return t
}

func setUpOf(k frame.Key) string { return k.Variant + "/" + k.Suite + "/" + k.Durability }

// SplitTable says what each cause of M-PoWerStore's gain over Phalanx is worth: the ratio of each of causes to the one
// before, where both were measured in the same run.
func SplitTable(cells []frame.Cell) (t Table, found bool) {
	t = Table{
		Title:  "What M-PoWerStore's gain over Phalanx is made of",
		Header: []string{"op", "t", "value", "from", "to", "by", "pairs", "peak throughput ×", "network model ×", "latency of one client ×"},
		Notes: []string{"Each row divides the second system's by the first's: geometric means of the ratio in each " +
			"repetition, with 95 % confidence intervals. A latency below 1 is a gain."},
	}
	cells = frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == frame.AblationFigure })
	peaks := frame.Peaks(cells)
	for _, first := range peaks {
		if first.System() != frame.Causes[0] {
			continue
		}
		for i, cause := range frame.Causes[1:] {
			over, under := first.Key, first.Key
			over.Protocol, over.Variant = cause.Protocol, cause.Variant
			under.Protocol, under.Variant = frame.Causes[i].Protocol, frame.Causes[i].Variant
			peak := frame.NewRatio(PeakOf(peaks, over), PeakOf(peaks, under))
			if peak.N == 0 {
				continue
			}
			over.Clients, under.Clients = 1, 1
			latency := frame.RatioOf(exactCell(cells, over), exactCell(cells, under), frame.LatencyMean)
			t.Rows = append(t.Rows, []string{
				stat.OpName(first.Op), strconv.Itoa(first.T), stat.SizeName(first.ValueBytes), frame.Causes[i].Name(), cause.Name(), frame.Steps[i+1],
				strconv.Itoa(peak.N), peak.String(), stat.OrMissing(peak.Model), latency.String(),
			})
		}
	}
	return t, len(t.Rows) > 0
}

// PeakOf is the peak of the measurement k, whatever its number of clients.
func PeakOf(peaks []frame.Cell, k frame.Key) frame.Cell {
	return frame.Find(peaks, func(c frame.Cell) bool { k.Clients = c.Clients; return c.Key == k })
}

func exactCell(cells []frame.Cell, k frame.Key) frame.Cell {
	return frame.Find(cells, func(c frame.Cell) bool { return c.Key == k })
}
