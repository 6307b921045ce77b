package figures

import (
	"fmt"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

func TestRates(t *testing.T) {
	buckets := []result.Bucket{
		{AtMs: 0, Read: result.Ended{Ops: 3}, Write: result.Ended{Ops: 7}},
		{AtMs: 100},
		{AtMs: 200, Write: result.Ended{Ops: 6}},
	}
	for duration, want := range map[float64]string{
		0.3:   "[[0.05 100] [0.15 0] [0.25 60]]",
		0.26:  "[[0.05 100] [0.15 0] [0.23 100]]", // half of the last is enough
		0.245: "[[0.05 100] [0.15 0]]",
		9:     "[[0.05 100] [0.15 0] [0.25 60]]",
	} {
		x := frame.Trial{Trial: result.Trial{DurationS: duration, Timeline: buckets}}
		var got [][2]float64
		for _, d := range rates(x) {
			got = append(got, [2]float64{d.X.Mean, d.Y.Mean})
		}
		if text := fmt.Sprintf("%.4g", got); text != want {
			t.Errorf("rates %s of a trial of %v s, want %s", text, duration, want)
		}
	}
}

func TestFigureHeadings(t *testing.T) {
	for _, c := range [][3]string{
		{"2a", "Latency", "Figure 2(a): Latency"}, {"2a", "", "Figure 2(a)"}, {"wan", "Latency", "Latency"}, {"wan", "", "Figure wan"},
	} {
		if got := heading(c[0], c[1]); got != c[2] {
			t.Errorf("figure %s of %q is headed %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
