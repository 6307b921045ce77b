package figures

import (
	"fmt"
	"strings"
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

// An experiment is refused before it is measured if its figure cannot show all of it, and only then.
func TestCanShow(t *testing.T) {
	cell := func(protocol, variant, durability string, size, clients int) result.Cell {
		return result.Cell{
			Series: result.Series{Protocol: protocol, Variant: variant, Durability: durability, Op: "write", T: 1, ValueBytes: size},
			Load:   result.Load{Clients: clients},
		}
	}
	usual := cell("mabd", result.Paper, "write", 1<<18, 8)
	higher := usual
	higher.T = 2
	for _, c := range []struct {
		figure string
		other  result.Cell
		want   string // "": both can be shown
	}{
		{"2b", cell("cas", result.Paper, "write", 1<<18, 16), ""},
		{"2b", cell("cas", result.Paper, "fsync", 1<<18, 8), "figure 2b cannot show both durability write and durability fsync"},
		{"2b", cell("cas", result.Paper, "write", 1<<16, 8), ""}, // a page for each size
		{"ablation", cell("mabd", "fast", "fsync", 1<<16, 8), "figure ablation cannot show both 256 KiB values and 64 KiB values"},
		{"2c", cell("cas", result.Paper, "write", 1<<16, 8), ""},
		{"2b", cell("mabd", "fast", "write", 1<<18, 8), "figure 2b cannot show both variant paper and variant fast"},
		{frame.Sustain, cell("mabd", "fast", "fsync", 1<<18, 8), ""},
		{"2a", higher, "figure 2a cannot show both t = 1 and t = 2"},
		{"2b", higher, ""},
		{frame.Capacity, cell("mabd", result.Paper, "fsync", 1<<16, 8), ""}, // its runs tell which cells those are
		{"", cell("mabd", "fast", "fsync", 1<<16, 8), ""},
	} {
		err := CanShow(c.figure, []result.Cell{usual, c.other})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("figure %q of %+v: %v, want %q", c.figure, c.other, err, c.want)
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
