package plots

import (
	"math"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
)

// byPair is a run of figure 2(d) over regions, with hot keys and a background writer, that lost points.
func byPair() *result.Set {
	s := syntheticFigure("2d", 3)
	tb := &s.Manifest.Testbed
	tb.Guest, tb.Offload = "", true
	tb.Delays = []result.Delay{
		{From: "client1", To: "servers", MeanMs: 31, JitterMs: 2, Distribution: "normal"},
		{From: "servers", To: "client1", MeanMs: 110, Loss: 0.001},
	}
	tb.DelaysBefore = []result.MeasuredDelay{
		{MeanMs: 31.31, AskedMeanMs: 31, KS: 0.021}, {MeanMs: 109.45, AskedMeanMs: 110, KS: 0.008},
	}
	for i := range s.Points {
		p := &s.Points[i]
		p.KeyModel = "hot"
		if p.Op == "read" {
			p.Background = result.Background{Ops: 12, Bytes: 1 << 20, Share: 0.0125 + float64(p.T)/1e3}
		}
	}
	invalidate(s, func(p result.Point) bool { return p.T == 2 && p.Protocol == "mabd" || p.T == 3 && p.Repetition < 3 })
	return s
}

// joined undoes the breaking of captions into lines.
func joined(svg string) string {
	var b strings.Builder
	for _, part := range strings.Split(svg, ">") {
		if text, _, isText := strings.Cut(part, "</text"); isText {
			b.WriteString(text + " ")
		}
	}
	return b.String()
}

func TestFiguresDescribeTheWAN(t *testing.T) {
	lossy := syntheticFigure("wan", 1)
	lossy.Manifest.Testbed.Delays[0] = result.Delay{MeanMs: 20, Loss: 0.001, Reorder: 0.25, RateBits: 1e8}
	unmeasured := syntheticFigure("2d", 1)
	unmeasured.Manifest.Testbed.DelaysBefore = nil
	undelayed := syntheticFigure("2d", 1)
	undelayed.Manifest.Testbed.Delays = nil
	for want, s := range map[string]*result.Set{
		"READ in the WAN": syntheticFigure("wan", 1),
		"Pareto delay, mean 20 ms, jitter 4 ms; measured means 19.8 to 19.9 ms":            syntheticFigure("2d", 1),
		"largest Kolmogorov–Smirnov distance 0.024 (8 paths)":                              syntheticFigure("2d", 1),
		"User-mode Linux 6.1.176 guest; segmentation offload off; TCP reno.":               syntheticFigure("wan", 1),
		"Native kernel; segmentation offload on; TCP reno.":                                byPair(),
		"by pair of hosts: mean 31 to 110 ms one way, fixed and normal, loss up to 0.1 %;": byPair(),
		"measured means 99.5 to 101.0 % of what the parameters give":                       byPair(),
		"Hot keys: ": byPair(),
		"READs beside a writer, whose traffic was at most 1.55 % of all bytes.":         byPair(),
		"fixed delay, mean 20 ms, loss 0.1 %, reordering 25 %, in order at 100 Mbit/s;": lossy,
		"jitter 4 ms; not measured.":                                              unmeasured,
		"NO DELAYS: links without NetEm are no WAN":                               undelayed,
		"1 client, 256 KiB values, durability write, suite paper, variant paper.": syntheticFigure("2d", 1),
		"mean by the cost model":                                                  syntheticFigure("2d", 1),
	} {
		if !strings.Contains(joined(render(t, s)), want) {
			t.Errorf("a figure of %s should say %q", s.Dir, want)
		}
	}
	lan := joined(render(t, syntheticFigure("2b", 1)))
	if strings.Contains(lan, "NetEm") || strings.Contains(lan, "WAN") {
		t.Errorf("a figure of a LAN speaks of the WAN: %s", lan)
	}
}

// Without a shaped network there is no prediction, and without repetitions no interval: the legend explains neither.
func TestLatencyMarksExplainWhatIsThere(t *testing.T) {
	for n, want := range map[int]int{1: 2, 2: 3} {
		if got := len(pictures(t, unshaped(syntheticFigure("2d", n)))[0].Legend) - len(paperProtocols); got != want {
			t.Errorf("%d repetitions: %d marks, want %d", n, got, want)
		}
	}
}

func TestFiguresRefuseToMixWANs(t *testing.T) {
	testbed := func(change func(tb *result.Testbed)) func(s *result.Set) {
		return func(s *result.Set) { change(&s.Manifest.Testbed) }
	}
	each := func(change func(p *result.Point)) func(s *result.Set) {
		return func(s *result.Set) {
			for i := range s.Points {
				change(&s.Points[i])
			}
		}
	}
	for want, change := range map[string]func(s *result.Set){
		"mean 40 ms":              testbed(func(tb *result.Testbed) { tb.Delays[0].MeanMs = 40 }),
		"jitter 1 ms":             testbed(func(tb *result.Testbed) { tb.Delays[0].JitterMs = 1 }),
		"No NetEm delays in":      testbed(func(tb *result.Testbed) { tb.Delays = nil }),
		"delays of some hosts":    testbed(func(tb *result.Testbed) { tb.Delays[0].Limit = 10 }),
		"segmentation offload on": testbed(func(tb *result.Testbed) { tb.Offload = true }),
		"TCP bbr":                 testbed(func(tb *result.Testbed) { tb.Congestion = "bbr" }),
		"Native kernel in":        testbed(func(tb *result.Testbed) { tb.Guest = "" }),
		"hot keys":                each(func(p *result.Point) { p.KeyModel = "hot" }),
		"4 clients in":            each(func(p *result.Point) { p.Clients = 4 }),
	} {
		a := without(syntheticFigure("2d", 1), func(p result.Point) bool { return p.Protocol == "phalanx" })
		b := without(syntheticFigure("2d", 1), func(p result.Point) bool { return p.Protocol != "phalanx" })
		b.Dir = "results/fig2d/other"
		change(b)
		_, err := figures.All([]*result.Set{a, b})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "fig2d/other/points.jsonl") {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
}

func TestCellsRefusesAnImpossiblePrediction(t *testing.T) {
	for _, i := range []result.Interval{{Low: 3, High: 2}, {Low: -1, High: 2}, {Low: math.NaN(), High: 2}} {
		s := syntheticFigure("2d", 1)
		s.Points[1].Predicted = i
		if _, err := frame.Cells([]*result.Set{s}); err == nil || !strings.Contains(err.Error(), "points.jsonl:2: ") {
			t.Errorf("%+v: error %v, want one for line 2", i, err)
		}
	}
}
