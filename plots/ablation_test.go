package plots

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// factors is how much faster than its protocol's own variant a planted variant is.
var factors = map[system]float64{
	{"mpowerstore", "replicated-signed", ""}: 0.5,
	{"mpowerstore", "signed", ""}:            0.8,
	{"mpowerstore", "lean", ""}:              2,
	{"mabd", "unanimous", ""}:                1.1,
	{"phalanx", "of a stranger", ""}:         1.2,
}

// ablations is a run of the paper's protocols and of variants that are faster or slower by a known factor.
func ablations(n int) *result.Set {
	s := syntheticFigure(ablationFigure, n)
	for _, p := range s.Points {
		for v, factor := range factors {
			if v.protocol == p.Protocol {
				q := p
				q.Variant = v.variant
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
	s.Points = keep(s.Points, func(p result.Point) bool { return p.Clients == 1 && p.Variant == paperVariant })
	for i := range s.Points {
		s.Points[i].Figure = setUpFigure
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
	cells, err := Cells([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	if order := ablationOrder(cells); len(order) != 6 || slices.Contains(order, system{}) {
		t.Errorf("rows %v, want 6 without a gap", order)
	}
}

// Each cause of the gain is the ratio that was planted.
func TestSplitTable(t *testing.T) {
	cells, err := Cells([]*result.Set{ablations(3)})
	if err != nil {
		t.Fatal(err)
	}
	table, found := splitTable(cells)
	if !found || len(table.Rows) != 6 {
		t.Fatalf("%d rows, want 3 for each operation", len(table.Rows))
	}
	peaks := Peaks(cells)
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
	for i := range causes[1:] {
		over, under := peaks[0].Key, peaks[0].Key
		over.Protocol, over.Variant = causes[i+1].protocol, causes[i+1].variant
		under.Protocol, under.Variant = causes[i].protocol, causes[i].variant
		product *= NewRatio(peakOf(peaks, over), peakOf(peaks, under)).Value
	}
	whole := peaks[0].Key
	whole.Protocol, whole.Variant = "mpowerstore", paperVariant
	base := whole
	base.Protocol = "phalanx"
	if r := NewRatio(peakOf(peaks, whole), peakOf(peaks, base)).Value; math.Abs(product/r-1) > 1e-9 {
		t.Errorf("the causes multiply to %v, the whole gain is %v", product, r)
	}
}
