package command

import (
	"fmt"
	"math"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
	"github.com/powbench/powbench/plots/tables"
)

// aspects are the quantities that blocks compare.
var aspects = []struct {
	title          string
	of             func(result.Point) float64
	higherIsBetter bool
}{
	{"B against A, by blocks: throughput (MB/s)", frame.ThroughputMBps, true},
	{"Mean latency (ms)", frame.LatencyMean, false},
}

// A pair is what blocks say of one quantity of one measurement: the means of both builds in each block, and the two halves of each
// build, which differ by chance alone.
type pair struct {
	cell            frame.Cell
	aspect          int
	a, b            []float64
	first, second   []float64
	ratio, byChance stat.Ratio
	holds           bool // by Holm's method, among all
}

// tell compares the builds by blocks, a table for each quantity. It is known if anything has an interval.
func tell(all []block) (told tables.Tables, known bool, err error) {
	var blocks [][4][]frame.Cell
	var measured []frame.Cell // each measurement once
	runs, invalid := 0, 0
	for _, sets := range all {
		var cells [4][]frame.Cell
		for place, set := range sets {
			if cells[place], err = frame.PointsOf(set); err != nil {
				return nil, false, err
			}
			for _, c := range cells[place] {
				runs, invalid = runs+len(c.All()), invalid+len(c.Invalid)
				if !slices.ContainsFunc(measured, func(o frame.Cell) bool { return same(o, c) }) {
					measured = append(measured, c)
				}
			}
		}
		blocks = append(blocks, cells)
	}
	pairs := pairsOf(measured, blocks)
	for i, aspect := range aspects {
		told = append(told, pairTable(aspect.title, len(all), frame.Keep(pairs, func(p pair) bool { return p.aspect == i })))
	}
	told[0].Notes = blockNotes(pairs, len(all), runs, invalid)
	return told, slices.ContainsFunc(pairs, func(p pair) bool { return p.ratio.HasInterval() }), nil
}

// same tells whether both are the same measurement. The number of clients may differ if both searched for it.
func same(a, b frame.Cell) bool {
	if a.Searched && b.Searched {
		b.Clients = a.Clients
	}
	return a.Key == b.Key
}

// pairsOf compares every quantity of all measurements. A difference holds by Holm's method, which regards them all.
func pairsOf(measured []frame.Cell, blocks [][4][]frame.Cell) (pairs []pair) {
	var tested []int // the pairs with an interval
	var p []float64  // of these
	for i := range aspects {
		for _, c := range measured {
			x := pair{cell: c, aspect: i}
			for _, cells := range blocks {
				x.add(cells)
			}
			x.ratio, x.byChance = stat.Paired(x.b, x.a), stat.Paired(x.first, x.second)
			if x.ratio.HasInterval() {
				tested, p = append(tested, len(pairs)), append(p, x.ratio.P)
			}
			pairs = append(pairs, x)
		}
	}
	for i, rejected := range stat.Holm(p) {
		pairs[tested[i]].holds = rejected
	}
	return pairs
}

// add adds a block, A, B, B, A, if the measurement is valid in all four sets. Latencies under different numbers of clients, which a
// search may choose, do not compare.
func (p *pair) add(cells [4][]frame.Cell) {
	var v [4]float64
	clients := 0
	for place := range v {
		c := frame.Find(cells[place], func(o frame.Cell) bool { return same(o, p.cell) })
		if v[place] = c.Estimate(aspects[p.aspect].of).Mean; v[place] <= 0 {
			return
		}
		if place > 0 && c.Clients != clients && !aspects[p.aspect].higherIsBetter {
			return
		}
		clients = c.Clients
	}
	p.a, p.b = append(p.a, math.Sqrt(v[0]*v[3])), append(p.b, math.Sqrt(v[1]*v[2]))
	p.first, p.second = append(p.first, v[0], v[1]), append(p.second, v[3], v[2])
}

// pairTable has a row for each measurement.
func pairTable(title string, blocks int, pairs []pair) tables.Table {
	t := tables.Table{Title: title, Header: []string{"measurement", "blocks", "A", "B", "B/A", "verdict"}}
	for _, p := range pairs {
		t.Rows = append(t.Rows, []string{
			p.cell.String(), fmt.Sprintf("%d of %d", len(p.a), blocks), stat.NewEstimate(p.a).String(), stat.NewEstimate(p.b).String(), p.ratio.Format(3),
			p.verdict(),
		})
	}
	return t
}

// verdict is what blocks can tell: a difference, or how small a one they would have told.
func (p pair) verdict() string {
	r := p.ratio
	switch {
	case !r.HasInterval():
		return "too few blocks"
	case p.holds && r.Excludes1() && r.Value > 1 == aspects[p.aspect].higherIsBetter:
		return "faster"
	case p.holds && r.Excludes1():
		return "slower"
	}
	return fmt.Sprintf("no difference found; one of %s would have been", stat.Roughly(math.Sqrt(r.High/r.Low)-1))
}

// blockNotes say how to read the tables, and how often this machine saw a difference where there was none.
func blockNotes(pairs []pair, blocks, runs, invalid int) []string {
	compared := frame.Keep(pairs, func(p pair) bool { return p.byChance.HasInterval() })
	alarms := frame.Keep(compared, func(p pair) bool { return p.byChance.Excludes1() })
	return []string{
		fmt.Sprintf("%d blocks of A, B, B, A. A block counts for a measurement that is valid in all four of its sets; %d of %s were invalid. "+
			"Intervals are 95 %% over blocks (Student's t on logarithms). Faster and slower hold by Holm's method, which regards all rows of all tables.",
			blocks, invalid, stat.Count(runs, "repetition")),
		fmt.Sprintf("This machine's false alarms, by the same sets: of %s of a build with itself, %d excluded 1 by themselves (5 %% would be %.1f).",
			stat.Count(len(compared), "comparison"), len(alarms), (1-stat.Confidence)*float64(len(compared))),
	}
}
