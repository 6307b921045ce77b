package plots

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// factors is how much faster than its protocol's own variant a planted variant is.
var factors = map[[2]string]float64{
	{"mpowerstore", "replicated-signed"}: 0.5,
	{"mpowerstore", "signed"}:            0.8,
	{"mpowerstore", "lean"}:              2,
	{"mabd", "unanimous"}:                1.1,
	{"phalanx", "of a stranger"}:         1.2,
}

// ablations is a run of the paper's protocols and of variants that are faster or slower by a known factor.
func ablations(n int) *result.Set {
	s := syntheticFigure(frame.Ablation, n)
	for _, p := range s.Points {
		for v, factor := range factors {
			if v[0] == p.Protocol {
				q := p
				q.Variant = v[1]
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
		s.Points[i].Figure = frame.SetUp
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
	if n := strings.Count(svg, " suite, fsync<"); n != 6 || strings.Count(svg, ">M-ABD<") != 2 {
		t.Errorf("%d names of the other set-up in two panels, want 6", n)
	}
}

// Each cause of the gain is the ratio that was planted.
func TestSplitTable(t *testing.T) {
	made, err := Summary([]*result.Set{ablations(3)})
	if err != nil {
		t.Fatal(err)
	}
	table := made[len(made)-1]
	if len(table.Rows) != 6 {
		t.Fatalf("%d rows, want 3 for each operation", len(table.Rows))
	}
	product := map[string]float64{}
	for _, row := range table.Rows {
		under, over := row[3], row[4]
		x, _ := strconv.ParseFloat(strings.Fields(row[7])[0], 64)
		product[row[0]] = max(product[row[0]], 1) * x
		if over == "M-PoWerStore" && row[7] != "1.25 [1.25, 1.25]" {
			t.Errorf("from %s to %s: %s, planted 1.25", under, over, row[7])
		}
		if over == "M-PoWerStore, signed" && row[9] != "0.63 [0.63, 0.62]" && !strings.HasPrefix(row[9], "0.62") {
			t.Errorf("latency from %s to %s: %s, planted 0.625", under, over, row[9])
		}
	}
	for _, row := range made[len(made)-2].Rows { // ratios of M-PoWerStore itself
		if whole := strings.Fields(row[8])[0]; row[1] == "paper/paper/write" && strings.HasSuffix(row[5], "/ Phalanx") {
			if x, _ := strconv.ParseFloat(whole, 64); math.Abs(product[row[2]]/x-1) > 0.02 {
				t.Errorf("%s: the causes multiply to %.2f, the whole gain is %s", row[2], product[row[2]], whole)
			}
		}
	}
}
