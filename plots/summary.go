package plots

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// Summary tabulates everything that the sets measured, and the ratios of peak throughputs next to those that the
// network alone predicts. It refuses what Cells refuses.
func Summary(sets []*result.Set) (Tables, error) {
	cells, err := Cells(sets)
	if err != nil {
		return nil, err
	}
	tables := Tables{measurements(sets, cells)}
	if r := Ratios(cells); len(r) > 0 {
		tables = append(tables, ratioTable(r))
	}
	return tables, nil
}

// A column of the measurements.
type column struct {
	head string
	of   func(c Cell) string
}

var columns = []column{
	{"figure", func(c Cell) string { return orDash(c.Figure) }},
	{"protocol", func(c Cell) string { return protocolName(c.Protocol) }},
	{"variant/suite/durability", func(c Cell) string { return setUpOf(c.Key) }},
	{"op", func(c Cell) string { return opName(c.Op) }},
	{"t", func(c Cell) string { return strconv.Itoa(c.T) }},
	{"value", func(c Cell) string { return sizeName(c.ValueBytes) }},
	{"clients", func(c Cell) string { return strconv.Itoa(c.Clients) }},
	{"n valid", func(c Cell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }},
	{"MB/s", func(c Cell) string { return c.Throughput().String() }},
	{"ops/s", func(c Cell) string { return c.Ops().String() }},
	{"bound MB/s", func(c Cell) string { return orMissing(c.Bound()) }},
	{"of bound", func(c Cell) string { return orMissing(c.mean(func(p result.Point) float64 { return p.BoundRatio })) }},
	{"mean ms", func(c Cell) string { return c.Latency().String() }},
	{"p50 ms", func(c Cell) string { return orMissing(c.mean(func(p result.Point) float64 { return p.LatencyMs.P50 })) }},
	{"p99 ms", func(c Cell) string { return orMissing(c.mean(func(p result.Point) float64 { return p.LatencyMs.P99 })) }},
	{"bytes c→s", func(c Cell) string {
		return c.traffic(func(f result.TrafficFactor) float64 { return f.ClientToServer })
	}},
	{"bytes s→c", func(c Cell) string {
		return c.traffic(func(f result.TrafficFactor) float64 { return f.ServerToClient })
	}},
	{"bottleneck", func(c Cell) string {
		return tally(c.Valid, func(p result.Point) string { return p.Bottleneck })
	}},
	{"linearizable", func(c Cell) string {
		return tally(c.All(), func(p result.Point) string { return p.Linearizable.Verdict })
	}},
	{"concurrency", func(c Cell) string {
		if len(c.Valid) == 0 {
			return missing
		}
		return fmt.Sprintf("%.2f %%", 100*c.mean(func(p result.Point) float64 { return p.Concurrency }))
	}},
}

func measurements(sets []*result.Set, cells []Cell) Table {
	t := Table{Title: "Measurements"}
	for _, col := range columns {
		t.Header = append(t.Header, col.head)
	}
	for _, c := range cells {
		row := make([]string, len(columns))
		for i, col := range columns {
			row[i] = col.of(c)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = append(circumstances(sets), repetitions(cells),
		"MB/s, ops/s and mean latency: mean ± half of the 95 % confidence interval. p50 and p99: mean over the runs. "+
			"Bytes: measured on the wire per operation, in multiples of the value's size (in brackets: the cost model).")
	t.Notes = append(t.Notes, invalidReasons(cells)...)
	return t
}

// circumstances is a line per set: where it is and what it ran on.
func circumstances(sets []*result.Set) []string {
	var lines []string
	for _, s := range sets {
		parts := warnings(s)
		if s.Manifest.Testbed.Shaped {
			parts = append(parts, network(s))
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

// mean is the mean over the valid repetitions, or 0 if there is none.
func (c Cell) mean(of func(result.Point) float64) float64 { return c.Estimate(of).Mean }

// traffic is one direction's bytes per operation, measured and predicted.
func (c Cell) traffic(direction func(result.TrafficFactor) float64) string {
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

func orDash(s string) string {
	if s == "" {
		return missing
	}
	return s
}
