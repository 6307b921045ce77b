package plots

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/tables"
)

// factors is how much faster than its protocol's own variant a planted variant is.
var factors = map[frame.System]float64{
	{Protocol: "mpowerstore", Variant: "replicated-signed", SetUp: ""}: 0.5,
	{Protocol: "mpowerstore", Variant: "signed", SetUp: ""}:            0.8,
	{Protocol: "mpowerstore", Variant: "lean", SetUp: ""}:              2,
	{Protocol: "mabd", Variant: "unanimous", SetUp: ""}:                1.1,
	{Protocol: "phalanx", Variant: "of a stranger", SetUp: ""}:         1.2,
}

// ablations is a run of the paper's protocols and of variants that are faster or slower by a known factor.
func ablations(n int) *result.Set {
	s := syntheticFigure(frame.AblationFigure, n)
	for _, p := range s.Points {
		for v, factor := range factors {
			if v.Protocol == p.Protocol {
				q := p
				q.Variant = v.Variant
				q.ThroughputMBps, q.ThroughputOps = factor*p.ThroughputMBps, factor*p.ThroughputOps
				q.LatencyMs.Mean = p.LatencyMs.Mean / factor
				s.Points = append(s.Points, q)
			}
		}
	}
	return s
}

func TestAblationFigure(t *testing.T) {
	svg := render(t, ablations(3))
	checkGolden(t, "figablation.svg", svg)
	last := -1
	for _, name := range []string{
		"Phalanx", "M-PoWerStore, replicated and signed", "M-PoWerStore, signed", "M-PoWerStore", "M-PoWerStore, t+1 fragments",
		"M-ABD", "M-ABD, write-back if needed", "Phalanx, of a stranger",
	} {
		at := strings.Index(svg, ">"+name+"<")
		if at < 0 {
			t.Fatalf("no row for %s", name)
		}
		if at < last && name != "Phalanx" {
			t.Errorf("%s stands above the one before", name)
		}
		last = at
	}
}

// Without all of the causes nothing is set apart, and one number of clients is no search for a peak.
func TestSetUpFigure(t *testing.T) {
	s := ablations(2)
	s.Points = frame.Keep(s.Points, func(p result.Point) bool { return p.Clients == 1 && p.Variant == result.Paper })
	for i := range s.Points {
		s.Points[i].Figure = frame.SetUpFigure
	}
	for _, p := range slices.Clone(s.Points) {
		p.Suite, p.Durability = "modern", "fsync"
		s.Points = append(s.Points, p)
	}
	svg := render(t, s)
	for _, want := range []string{">Throughput, 1 client (MB/s)<", ">M-ABD, modern suite, fsync<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the figure lacks %s", want)
		}
	}
	cells, err := frame.Cells([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	if order := figures.AblationOrder(cells); len(order) != 6 || slices.Contains(order, frame.System{}) {
		t.Errorf("rows %v, want 6 without a gap", order)
	}
}

// Each cause of the gain is the ratio that was planted.
func TestSplitTable(t *testing.T) {
	cells, err := frame.Cells([]*result.Set{ablations(3)})
	if err != nil {
		t.Fatal(err)
	}
	table, found := tables.SplitTable(cells)
	if !found || len(table.Rows) != 6 {
		t.Fatalf("%d rows, want 3 for each operation", len(table.Rows))
	}
	peaks := frame.Peaks(cells)
	for _, row := range table.Rows {
		under, over := row[3], row[4]
		if over == "M-PoWerStore" && row[7] != "1.25 [1.25, 1.25]" {
			t.Errorf("from %s to %s: %s, planted 1.25", under, over, row[7])
		}
		if over == "M-PoWerStore, signed" && row[9] != "0.63 [0.63, 0.62]" && !strings.HasPrefix(row[9], "0.62") {
			t.Errorf("latency from %s to %s: %s, planted 0.625", under, over, row[9])
		}
	}
	product := 1.0
	for i := range frame.Causes[1:] {
		over, under := peaks[0].Key, peaks[0].Key
		over.Protocol, over.Variant = frame.Causes[i+1].Protocol, frame.Causes[i+1].Variant
		under.Protocol, under.Variant = frame.Causes[i].Protocol, frame.Causes[i].Variant
		product *= frame.NewRatio(tables.PeakOf(peaks, over), tables.PeakOf(peaks, under)).Value
	}
	whole := peaks[0].Key
	whole.Protocol, whole.Variant = "mpowerstore", result.Paper
	base := whole
	base.Protocol = "phalanx"
	if r := frame.NewRatio(tables.PeakOf(peaks, whole), tables.PeakOf(peaks, base)).Value; math.Abs(product/r-1) > 1e-9 {
		t.Errorf("the causes multiply to %v, the whole gain is %v", product, r)
	}
}
