package plots

import (
	"math"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// cellOf is a cell whose valid repetitions 1, 2 … have these throughputs; 0 leaves one out.
func cellOf(protocol string, cost float64, throughputs ...float64) Cell {
	c := Cell{Key: Key{Protocol: protocol, Op: "read", T: 1, ValueBytes: 1 << 18, Clients: 4}}
	for i, x := range throughputs {
		if x > 0 {
			c.Valid = append(c.Valid, result.Point{
				Repetition: i + 1, ThroughputMBps: x, CostFactor: result.TrafficFactor{ServerToClient: cost},
			})
		}
	}
	return c
}

func TestRatioIsPaired(t *testing.T) {
	// Noise that both suffer in the same repetition does not blur the ratio.
	r := NewRatio(cellOf("mpowerstore", 2, 60, 45, 30), cellOf("mabd", 3, 40, 30, 20))
	if r.N != 3 || math.Abs(r.Value-1.5) > 1e-9 || r.High-r.Low > 1e-9 || r.Model != 1.5 {
		t.Errorf("got %+v, want 1.5 exactly, and the model's 1.5", r)
	}
	// ln of the ratios 1 and 4 is ln 2 ± ln 2: the interval is 2·exp(±12.706·ln 2), as s/√2 = ln 2.
	r = NewRatio(cellOf("mpowerstore", 2, 10, 40), cellOf("mabd", 3, 10, 10))
	if want := 2 * math.Exp(12.7062*math.Ln2); math.Abs(r.Value-2) > 1e-9 || math.Abs(r.High/want-1) > 1e-3 {
		t.Errorf("got %+v, want 2 up to %.0f", r, want)
	}
}

func TestRatioWithoutPairs(t *testing.T) {
	r := NewRatio(cellOf("mpowerstore", 2, 60, 0), cellOf("mabd", 3, 0, 40))
	if r.String() != missing || r.Value != 0 || r.Model != 1.5 {
		t.Errorf("got %q, %+v, want no value but the model's", r, r)
	}
	if s := NewRatio(cellOf("mpowerstore", 2, 60), cellOf("mabd", 3, 40)).String(); s != "1.50" {
		t.Errorf("one pair is %q, want no interval", s)
	}
	if r := NewRatio(cellOf("mpowerstore", 0, 60), cellOf("mabd", 3, 40)); r.Model != 0 {
		t.Errorf("model ratio %v without a cost, want none", r.Model)
	}
}

func TestRatiosCompareLikeWithLike(t *testing.T) {
	s := syntheticFigure("2b", 2)
	for i := range s.Points {
		if s.Points[i].Protocol == "phalanx" {
			s.Points[i].Suite = "modern"
		}
	}
	cells, err := Cells([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	ratios := Ratios(cells)
	if len(ratios) != 2*3 {
		t.Errorf("%d ratios, want M-ABD's alone: Phalanx ran with another suite", len(ratios))
	}
	for _, r := range ratios {
		if r.Under.Protocol != "mabd" || r.Over.T != r.Under.T || r.Over.Op != r.Under.Op {
			t.Errorf("compares %s with %s", r.Over, r.Under)
		}
	}
}
