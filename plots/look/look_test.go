package look

import (
	"fmt"
	"testing"
)

// systems is how many protocols there are to measure; no two may look alike.
const systems = 10

func TestLooksDiffer(t *testing.T) {
	curves, bars := map[string]bool{}, map[string]bool{}
	for place := 1; place <= systems; place++ {
		l := Of("x", place)
		if l.MarkName() == "" {
			t.Errorf("the marker at place %d has no name", place)
		}
		curves[fmt.Sprint(l.Color, l.MarkName())] = true
		bars[fmt.Sprint(l.Color, l.Fill, l.Hatch)] = true
	}
	if len(curves) != systems || len(bars) != systems {
		t.Errorf("%d curves and %d bars differ, of %d", len(curves), len(bars), systems)
	}
}
