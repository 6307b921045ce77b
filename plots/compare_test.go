package plots

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
	"github.com/powbench/powbench/plots/tables"
)

func TestCompareRefusesSetsWithoutPoints(t *testing.T) {
	full, empty := syntheticFigure("2b", 2), synthetic("fig2b")
	for _, pair := range [][2]*result.Set{{full, empty}, {empty, full}} {
		if _, err := Compare(pair[0], pair[1]); !errors.Is(err, frame.ErrNoPoints) {
			t.Errorf("got %v", err)
		}
	}
}

// rerun is the set measured once more, with noise and protocols that have become faster by a factor.
func rerun(s *result.Set, seed uint64, faster map[string]float64) *result.Set {
	c := *s
	c.Dir += "-rerun"
	c.Points = slices.Clone(s.Points)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range c.Points {
		p := &c.Points[i]
		factor := 1 + 0.005*random.NormFloat64()
		if f := faster[p.Protocol]; f > 0 {
			factor *= f
		}
		p.ThroughputMBps *= factor
		p.ThroughputOps *= factor
		p.LatencyMs.Mean /= factor
		p.LatencyMs.P50 /= factor
		p.LatencyMs.P99 /= factor
		p.Histogram = histogramOf(p.LatencyMs)
	}
	return &c
}

// columnOf is a table's cells below a header.
func columnOf(t *testing.T, table tables.Table, head string) (cells []string) {
	t.Helper()
	i := slices.Index(table.Header, head)
	if i < 0 {
		t.Fatalf("no column %q in %v", head, table.Header)
	}
	for _, row := range table.Rows {
		cells = append(cells, row[i])
	}
	return cells
}

func TestCompareFindsPlantedDifferences(t *testing.T) {
	a := syntheticFigure("2b", 8) // fewer leave the p99 uncertain by 10 %
	b := rerun(a, 3, map[string]float64{"mabd": 1.1, "phalanx": 0.85})
	tables := must(Compare(a, b))
	if len(tables) != len(frame.Aspects)+1 {
		t.Fatalf("%d tables:\n%s", len(tables), textOf(tables))
	}
	want := map[string]string{"M-ABD": "faster", "Phalanx": "slower", "M-PoWerStore": frame.NoDifference}
	for _, table := range tables[:len(frame.Aspects)] {
		verdicts := columnOf(t, table, "verdict")
		if len(verdicts) != 18 {
			t.Errorf("%s: %d rows, want 18", table.Title, len(verdicts))
		}
		for i, protocol := range columnOf(t, table, "protocol") {
			if strings.TrimSuffix(verdicts[i], "?") != want[protocol] {
				t.Errorf("%s: %s is %q, want %q", table.Title, protocol, verdicts[i], want[protocol])
			}
		}
	}
	says(t, "the note", tables[0].Notes[1], "about 2.7 of 54 intervals would exclude 1 by chance; 36 do, ")
}

// With nothing planted, Holm's method must leave about every twentieth comparison of two runs with a finding, at most.
func TestCompareFindsNothingWhereNothingIs(t *testing.T) {
	const runs = 40
	withFinding := 0
	for seed := range uint64(runs) {
		random := rand.New(rand.NewPCG(seed, 1))
		sides := [2]*result.Set{synthetic("a"), synthetic("b")}
		for _, s := range sides {
			for repetition := range 5 {
				for _, clients := range clientCounts {
					s.Points = append(s.Points, synthesize(random, "2a", "mabd", "read", 1, 1<<18, clients, repetition+1))
				}
			}
		}
		found := must(Compare(sides[0], sides[1]))[0].Notes[1]
		if !strings.HasSuffix(found, " 0 of them by Holm's method too.") {
			withFinding++
		}
	}
	if withFinding > 6 { // 2 expected; more than 6 in 1 of 300
		t.Errorf("%d of %d comparisons found something, seeds 0 … %d", withFinding, runs, runs-1)
	}
}

func TestCompareListsWhatOnlyOneHas(t *testing.T) {
	full := syntheticFigure("2b", 2)
	a := without(full, func(p result.Point) bool { return p.T == 3 })
	b := without(rerun(full, 1, nil), func(p result.Point) bool { return p.Protocol == "phalanx" })
	invalidate(b, func(p result.Point) bool { return p.Protocol == "mabd" && p.T == 1 })
	tables := must(Compare(a, b))
	only := tables[len(frame.Aspects)]
	counts := map[string]int{}
	for i, side := range columnOf(t, only, "only in") {
		counts[side+" "+only.Rows[i][slices.Index(only.Header, "protocol")]]++
	}
	// Of t = 1 and 2, READ and WRITE, Phalanx; and of t = 3, M-PoWerStore and M-ABD.
	if counts["A Phalanx"] != 4 || counts["B M-PoWerStore"] != 2 || counts["B M-ABD"] != 2 || len(only.Rows) != 8 {
		t.Errorf("only in one of them: %v", counts)
	}
	n, verdicts := columnOf(t, tables[0], "n"), columnOf(t, tables[0], "verdict")
	if i := slices.Index(n, "2, 0"); i < 0 || verdicts[i] != frame.TooFew {
		t.Errorf("n %v, verdicts %v", n, verdicts)
	}
	says(t, "the tables", textOf(tables),
		"B: results/fig2b/synthetic-rerun, 24 runs, 4 of them invalid. Left out 4 runs: steal above 2 %.")
}

// Where both runs searched for the number of clients, throughputs compare whatever it is, and latencies if it is the same.
func TestCompareOfSearchedClients(t *testing.T) {
	a := syntheticFigure("2b", 3)
	b := rerun(a, 1, nil)
	for i := range b.Points {
		if b.Points[i].T == 2 {
			b.Points[i].Clients *= 2
		}
	}
	if only := must(Compare(a, b))[len(frame.Aspects)]; len(only.Rows) != 12 {
		t.Errorf("other numbers of clients, not searched for, are other points:\n%s", textOf(tables.Tables{only}))
	}
	a.Manifest.Searches = []result.Search{{Chosen: 8}}
	b.Manifest.Searches = []result.Search{{Chosen: 16}}
	tables := must(Compare(a, b))
	if clients := columnOf(t, tables[0], "clients"); len(clients) != 18 || !slices.Contains(clients, "8, 16") {
		t.Errorf("throughputs at clients %v", clients)
	}
	if clients := columnOf(t, tables[1], "clients"); len(clients) != 12 || slices.Contains(clients, "8, 16") {
		t.Errorf("latencies at clients %v", clients)
	}
}

func TestCompareTellsOtherCircumstances(t *testing.T) {
	a, b := syntheticFigure("2b", 2), syntheticFigure("2b", 2)
	table := func() tables.Table { return must(Compare(a, b))[len(frame.Aspects)] }
	a.Manifest.Config = []byte(`{"t": [1, 2], "seed": 9007199254740993}`) // more digits than a float64 has
	b.Manifest.Config = a.Manifest.Config
	a.Manifest.Started, b.Manifest.Testbed.Before = "2026-11-23T02:31:44Z", nil
	a.Manifest.Machine.DataDisk, b.Manifest.Machine.DataDisk = "ext4, 251 GiB, 74 GiB free", "ext4, 251 GiB, 70 GiB free"
	if got := table(); len(got.Rows) != 1 || got.Rows[0][0] != stat.Missing {
		t.Errorf("the same circumstances:\n%s", textOf(tables.Tables{got}))
	}
	b.Manifest.Config = []byte(`{"t": [1, 3], "seed": 9007199254740992}`)
	b.Manifest.Version.PoWBench, b.Manifest.Testbed.RateBits = "0123abc", 1e8
	b.Manifest.Machine.DataDisk = "tmpfs, 8 GiB, 8 GiB free"
	b.Manifest.Outside = &result.Machine{Kernel: "6.1", DataDisk: "xfs, 1 GiB"}
	b.Manifest.Testbed.Delays = []result.Delay{{MeanMs: 20}}
	want := []string{
		"config.seed", "config.t", "machine.data_disk", "outside.cores", "outside.data_disk", "outside.kernel",
		"outside.memory_mib", "testbed.delays.0.jitter_ms", "testbed.delays.0.limit", "testbed.delays.0.loss",
		"testbed.delays.0.mean_ms", "testbed.delays.0.rate_bits", "testbed.delays.0.reorder", "testbed.rate_bits", "version.powbench",
	}
	got := table()
	if what := columnOf(t, got, "what"); !slices.Equal(what, want) {
		t.Errorf("got %v, want %v", what, want)
	}
	says(t, "the table", textOf(tables.Tables{got}), "1000000000", "9007199254740993")
	if b.Manifest.Outside.DataDisk != "xfs, 1 GiB" {
		t.Error("the manifest was changed")
	}
}
