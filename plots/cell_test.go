package plots

import (
	"math"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

func TestCellsGathersRepetitions(t *testing.T) {
	s := syntheticFigure("2b", 5)
	invalidate(s, func(p result.Point) bool { return p.Protocol == "mabd" && p.Op == "read" && p.Repetition == 2 })
	cells, err := frame.Cells([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 * 2 * 3; len(cells) != want {
		t.Errorf("%d cells, want %d: protocols × operations × t", len(cells), want)
	}
	for _, c := range cells {
		left := 0
		if c.Protocol == "mabd" && c.Op == "read" {
			left = 1
		}
		if len(c.Valid) != 5-left || len(c.Invalid) != left {
			t.Errorf("%s: %d valid and %d invalid, want %d and %d", c, len(c.Valid), len(c.Invalid), 5-left, left)
		}
		if n := c.Throughput().N; n != 5-left {
			t.Errorf("%s: estimated from %d repetitions, want the %d valid ones", c, n, 5-left)
		}
	}
	first := cells[0].Key
	if first.Protocol != "mpowerstore" || first.Op != "read" || first.T != 1 {
		t.Errorf("first comes %s, want M-PoWerStore READ at t = 1", first)
	}
}

func TestCellsRefuses(t *testing.T) {
	second := func(change func(p *result.Point)) []*result.Set {
		s := syntheticFigure("2c", 1)
		change(&s.Points[1])
		return []*result.Set{s}
	}
	twice := syntheticFigure("2b", 1)
	twice.Dir = "results/fig2b/second"
	for name, c := range map[string]struct {
		sets []*result.Set
		want []string
	}{
		"unknown figure": {
			second(func(p *result.Point) { p.Figure = "7x" }),
			[]string{"results/fig2c/synthetic/points.jsonl:2: ", `unknown figure "7x"`, "2a, 2b, 2c"},
		},
		"unknown operation": {second(func(p *result.Point) { p.Op = "scan" }), []string{"points.jsonl:2: ", `"scan"`}},
		"no value size": {
			second(func(p *result.Point) { p.ValueBytes = 0 }),
			[]string{"points.jsonl:2: ", "value_bytes = 0"},
		},
		"no threshold": {second(func(p *result.Point) { p.T = 0 }), []string{"points.jsonl:2: ", "t = 0"}},
		"NaN": {
			second(func(p *result.Point) { p.LatencyMs.Mean = math.NaN() }),
			[]string{"points.jsonl:2: ", "not NaN"},
		},
		"zero throughput": {second(func(p *result.Point) { p.ThroughputMBps = 0 }), []string{"points.jsonl:2: ", "above 0"}},
		"same series in two sets": {
			[]*result.Set{syntheticFigure("2b", 1), twice},
			[]string{"results/fig2b/second/points.jsonl:1: ", "also measured in results/fig2b/synthetic", "only one"},
		},
		"repetition twice": {
			second(func(p *result.Point) { p.ValueBytes = 64 << 10 }),
			[]string{"points.jsonl:2: ", "second valid point for repetition 1", "M-PoWerStore READ", "64 KiB"},
		},
	} {
		_, err := frame.Cells(c.sets)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want it to say %q", name, err, want)
			}
		}
	}
}

func TestCellsRepeatsAnInvalidRun(t *testing.T) {
	s := syntheticFigure("2b", 2)
	again := s.Points[0]
	s.Points[0].Valid = false
	s.Points = append(s.Points, again)
	cells, err := frame.Cells([]*result.Set{s})
	if err != nil {
		t.Fatalf("a repetition that was invalid and then made again: %v", err)
	}
	if c := cells[0]; len(c.Valid) != 2 || len(c.Invalid) != 1 || c.Valid[0].Repetition != 1 {
		t.Errorf("%d valid, %d invalid, want 2 in order of repetitions and 1", len(c.Valid), len(c.Invalid))
	}
}

func TestPeaksTakesTheBestNumberOfClients(t *testing.T) {
	cells, err := frame.Cells([]*result.Set{syntheticFigure("2a", 3)})
	if err != nil {
		t.Fatal(err)
	}
	peaks := frame.Peaks(cells)
	if len(peaks) != 6 {
		t.Fatalf("%d peaks, want one per protocol and operation", len(peaks))
	}
	for _, peak := range peaks {
		for _, c := range cells {
			if c.Protocol == peak.Protocol && c.Op == peak.Op && c.Throughput().Mean > peak.Throughput().Mean {
				t.Errorf("%s has more than the peak %s", c, peak)
			}
		}
	}
}
