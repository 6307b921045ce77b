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

// Variants of a protocol are systems of their own, each with a look of its own in its protocol's colour; set-ups are not.
func TestVariantsBesideTheirProtocol(t *testing.T) {
	cell := func(protocol, variant, setUp string, order int) frame.Cell {
		return frame.Cell{System: frame.System{
			System: result.System{Protocol: protocol, Variant: variant, Title: protocol, Order: order}, SetUp: setUp,
		}}
	}
	all := systemsIn([]frame.Cell{
		cell("b", result.Paper, "", 2), cell("a", "fast", "", 1), cell("a", result.Paper, ", TLS", 1), cell("a", result.Paper, "", 1),
	})
	var names, looks []string
	for _, s := range all {
		l := lookAmong(all, s)
		names, looks = append(names, l.Title), append(looks, fmt.Sprint(l.Color, l.MarkName(), l.Dashes))
	}
	if fmt.Sprint(names) != "[a a, fast b]" || len(frame.Distinct(looks, func(l string) string { return l })) != 3 {
		t.Errorf("%v look like %v", names, looks)
	}
	if a, fast := lookAmong(all, all[0]), lookAmong(all, all[1]); a.Color != fast.Color {
		t.Errorf("the variant has colour %v, its protocol %v", fast.Color, a.Color)
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
