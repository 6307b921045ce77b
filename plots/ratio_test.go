package plots

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

func TestRatiosCompareLikeWithLike(t *testing.T) {
	s := syntheticFigure("2b", 2)
	for i := range s.Points {
		if s.Points[i].Protocol == "phalanx" {
			s.Points[i].Suite = "modern"
		}
	}
	cells, err := frame.Cells([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
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
