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
	cells := mustCells(t, s)
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
	open := func(change func(p *result.Point)) []*result.Set {
		s := syntheticOpen(1, "mabd")
		change(&s.Points[5]) // the first of an open loop
		return []*result.Set{s}
	}
	predict := func(low, high float64) []*result.Set {
		return second(func(p *result.Point) { p.Predicted = result.Interval{Low: low, High: high} })
	}
	twice := syntheticFigure("2b", 1)
	twice.Dir = "results/fig2b/second"
	for want, sets := range map[string][]*result.Set{
		`points.jsonl:2: unknown figure "7x": this powbench draws 2a, 2b, 2c`: second(func(p *result.Point) { p.Figure = "7x" }),
		`points.jsonl:2: unknown operation "scan"`:                            second(func(p *result.Point) { p.Op = "scan" }),
		"points.jsonl:2: t = 1, value_bytes = 0":                              second(func(p *result.Point) { p.ValueBytes = 0 }),
		"points.jsonl:2: t = 0":                                               second(func(p *result.Point) { p.T = 0 }),
		"points.jsonl:2: a valid point needs a throughput and a latency above 0, not NaN": second(func(p *result.Point) {
			p.LatencyMs.Mean = math.NaN()
		}),
		"points.jsonl:2: a valid point needs a throughput": second(func(p *result.Point) { p.ThroughputMBps = 0 }),
		"points.jsonl:2: a second valid point for repetition 1 of M-PoWerStore READ at t = 1, 64 KiB": second(func(p *result.Point) {
			p.ValueBytes = 64 << 10
		}),
		"results/fig2b/second/points.jsonl:1: M-PoWerStore READ at t = 1, 256 KiB values, 8 clients was also measured in " +
			"results/fig2b/synthetic: give only one": {syntheticFigure("2b", 1), twice},
		"points.jsonl:2: the predicted latency must lie between 0 and its high end, not from 3 to 2":  predict(3, 2),
		"points.jsonl:2: the predicted latency must lie between 0 and its high end, not from -1 to 2": predict(-1, 2),
		"not from NaN to 2":                predict(math.NaN(), 2),
		`unknown arrival "bursts"`:         open(func(p *result.Point) { p.Arrival = "bursts" }),
		`arrival "poisson" at a rate of 0`: open(func(p *result.Point) { p.Rate = 0 }),
		`arrival "closed" at a rate of`:    open(func(p *result.Point) { p.Arrival = "" }),
		"a service time of 0 ms":           open(func(p *result.Point) { p.ServiceMs.Mean = 0 }),
	} {
		if _, err := frame.Cells(sets); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
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
	cells := mustCells(t, syntheticFigure("2a", 3))
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

func TestRatiosCompareLikeWithLike(t *testing.T) {
	s := syntheticFigure("2b", 2)
	for i := range s.Points {
		if s.Points[i].Protocol == "phalanx" {
			s.Points[i].Suite = "modern"
		}
	}
	cells := mustCells(t, s)
	ratios := frame.Ratios(cells)
	if len(ratios) != 2*3 {
		t.Errorf("%d ratios, want M-ABD's alone: Phalanx ran with another suite", len(ratios))
	}
	for _, r := range ratios {
		if r.Under.Protocol != "mabd" || r.Over.T != r.Under.T || r.Over.Op != r.Under.Op {
			t.Errorf("compares %s with %s", r.Over, r.Under)
		}
	}
}
