package plots

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

var update = flag.Bool("update", false, "write the golden files from what the code does now")

// checkGolden compares got with testdata/name.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got != string(must(os.ReadFile(file))) {
		t.Errorf("%s differs: run go test -run %s -update, look at the picture and at git diff", file, t.Name())
	}
}

// rendered draws the figures of the sets as SVG, without the fonts that would make it half a megabyte, by their names.
func rendered(t *testing.T, sets ...*result.Set) map[string]string {
	t.Helper()
	svgs := map[string]string{}
	for _, p := range must(figures.All(sets)) {
		c := vgsvg.New(p.Size())
		p.Draw(vgdraw.New(c))
		var b bytes.Buffer
		must(c.WriteTo(&b))
		svgs[p.Name] = b.String()
		if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
			t.Errorf("the figure %s contains NaN or Inf", p.Name)
		}
	}
	return svgs
}

// render draws the one figure of the sets.
func render(t *testing.T, sets ...*result.Set) string {
	t.Helper()
	svgs := slices.Collect(maps.Values(rendered(t, sets...)))
	if len(svgs) != 1 {
		t.Fatalf("%d figures, want one", len(svgs))
	}
	return svgs[0]
}

func summary(t *testing.T, sets ...*result.Set) tables.Tables {
	t.Helper()
	all := must(Summary(sets))
	if text := textOf(all); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("the summary contains NaN or Inf")
	}
	return all
}

// says checks that a text has all these parts.
func says(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s should say %q:\n%s", what, part, text)
		}
	}
}

// refused checks that neither figures nor tables are made of the sets.
func refused(t *testing.T, want string, sets []*result.Set) {
	t.Helper()
	_, drawn := Draw(sets, t.TempDir(), 0)
	_, tabulated := Summary(sets)
	for _, err := range []error{drawn, tabulated} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
}

func textOf(all tables.Tables) string     { return sink.String(all, sink.Text) }
func markdownOf(all tables.Tables) string { return sink.String(all, sink.Markdown) }

// withGaps is a quick run of figure 2(b) that lost points.
func withGaps() *result.Set {
	s := syntheticFigure("2b", 3)
	s.Manifest.Quick = true
	invalidate(s, func(p result.Point) bool {
		return p.T == 2 && p.Protocol == "mabd" && p.Op == "read" || p.T == 3 && p.Repetition < 3
	})
	return s
}

// aborted is an unshaped run of figure 2(a) without a valid point at four clients.
func aborted() *result.Set {
	s := unshaped(syntheticFigure("2a", 2))
	invalidate(s, func(p result.Point) bool { return p.Clients == 4 && p.Protocol == "phalanx" })
	return s
}

// earlier is a set as earlier versions counted it.
func earlier(s *result.Set) *result.Set {
	s.Dir = "earlier"
	for i := range s.Points {
		s.Points[i].ModelFactor = result.TrafficFactor{}
	}
	return s
}

// What was counted by other rules is marked, and never in one figure with what was not.
func TestEarlierCounting(t *testing.T) {
	const mark = "by the rules of an earlier version"
	if svg := render(t, syntheticFigure("2b", 2)); strings.Contains(svg, mark) {
		t.Error("a set of today is marked")
	}
	if svg := render(t, earlier(syntheticFigure("2b", 2))); !strings.Contains(svg, mark) {
		t.Error("a set of an earlier version is not marked")
	}
	reads, writes := syntheticFigure("2b", 2), earlier(syntheticFigure("2b", 2))
	reads.Points = frame.Keep(reads.Points, func(p result.Point) bool { return p.Op == "read" })
	writes.Points = frame.Keep(writes.Points, func(p result.Point) bool { return p.Op == "write" })
	if _, err := Draw([]*result.Set{reads, writes}, t.TempDir(), 0); err == nil || !strings.Contains(err.Error(), "Counted by today's rules") {
		t.Errorf("both in one figure: %v", err)
	}
	compared := textOf(must(Compare(earlier(syntheticFigure("2b", 2)), syntheticFigure("2b", 2))))
	says(t, "the comparison", compared, mark)
}

func TestFigures(t *testing.T) {
	for name, s := range map[string]*result.Set{
		"fig2a": syntheticFigure("2a", 5), "fig2b": syntheticFigure("2b", 5), "fig2c": syntheticFigure("2c", 5),
		"fig2d": syntheticFigure("2d", 5), "fig2d-pairs": byPair(), "figwan": syntheticFigure("wan", 3),
		"fig2a-unshaped": aborted(), "fig2b-gaps": withGaps(),
	} {
		t.Run(name, func(t *testing.T) { checkGolden(t, name+".svg", render(t, s)) })
	}
}

// The figure of sizes has a page for each t, and the table says from which size on M-PoWerStore is ahead.
func TestSizes(t *testing.T) {
	s := syntheticFigure(frame.Sizes, 5)
	s.Manifest.Title = "From which size on it pays"
	for name, svg := range rendered(t, s) {
		checkGolden(t, "fig"+name+".svg", svg)
	}
	var leads tables.Tables
	for _, table := range summary(t, s) {
		if strings.HasPrefix(table.Title, "From which size on") {
			leads = append(leads, table)
		}
	}
	checkGolden(t, "sizes.md", markdownOf(leads))
	once := summary(t, syntheticFigure(frame.Sizes, 1))
	says(t, "a table of one repetition each", textOf(once), "cannot tell")
}

func TestFiguresOfLittle(t *testing.T) {
	for _, figure := range []string{"2a", "2b", "2c", "2d", "wan", "single"} {
		single := syntheticFigure(figure, 1)
		says(t, "the figure", render(t, single), "One run per point")
		reads := without(single, func(p result.Point) bool { return p.Op == "write" })
		if svg := render(t, reads); strings.Contains(svg, ">WRITE") || !strings.Contains(svg, ">READ") {
			t.Errorf("%s of READs alone should have the one panel", figure)
		}
		two := without(single, func(p result.Point) bool { return p.Protocol == "mabd" })
		if svg := render(t, two); strings.Contains(svg, "M-ABD") || !strings.Contains(svg, "Phalanx") {
			t.Errorf("%s without M-ABD should show the others", figure)
		}
		one := *single
		one.Points = single.Points[:1]
		render(t, &one)
		invalidate(single, func(result.Point) bool { return true })
		says(t, "the figure", render(t, single), "No valid run")
	}
}

func TestFiguresSay(t *testing.T) {
	violated, lossy, unmeasured, undelayed := syntheticFigure("2b", 2), syntheticFigure("wan", 1), syntheticFigure("2d", 1), syntheticFigure("2d", 1)
	profiled := syntheticFigure("2d", 1)
	profiled.Manifest.Profiled = true
	zipf := syntheticFigure("2b", 1)
	for i := range zipf.Points {
		zipf.Points[i].KeyModel, zipf.Points[i].Skew, zipf.Points[i].Keys = "zipf", 0.99, 50
	}
	violated.Points[3].Linearizable.Code = "violation"
	lossy.Manifest.Testbed.Delays[0] = result.Delay{MeanMs: 20, Loss: 0.001, Reorder: 0.25, RateBits: 1e8}
	unmeasured.Manifest.Testbed.DelaysBefore, undelayed.Manifest.Testbed.Delays = nil, nil
	for _, c := range []struct {
		set  *result.Set
		says []string
	}{
		{aborted(), []string{"UNSHAPED: loopback, not comparable with the paper"}},
		{withGaps(), []string{"QUICK RUN", "15 of 54 runs were invalid", "n = 1 to 3 runs", "M-ABD READ at t = 2", "n/a"}},
		{violated, []string{"violations in 1 run"}},
		{syntheticFigure("2c", 2), []string{"shaped 1 Gbit/s per direction, calibrate", "941/941 Mbit/s"}},
		{syntheticFigure("wan", 1), []string{
			"READ in the WAN", "User-mode Linux 6.1.176 guest; segmentation offload off; TCP reno.",
		}},
		{syntheticFigure("2d", 1), []string{
			"Pareto delay, mean 20 ms, jitter 4 ms; measured means 19.8 to 19.9 ms", "mean by the cost model",
			"largest Kolmogorov–Smirnov distance 0.024 (8 paths)",
			"1 client, 256 KiB values, durability write, suite paper, variant paper.",
		}},
		{byPair(), []string{
			"Native kernel; segmentation offload on; TCP reno.", "Hot keys: ",
			"by pair of hosts: mean 31 to 110 ms one way, fixed and normal, loss up to 0.1 %;",
			"measured means 99.5 to 101.0 % of what the parameters give",
			"READs beside a writer, whose traffic was at most 1.55 % of all bytes.",
		}},
		{zipf, []string{"all clients draw from 50 keys with skew 0.99"}},
		{lossy, []string{"fixed delay, mean 20 ms, loss 0.1 %, reordering 25 %, in order at 100 Mbit/s;"}},
		{unmeasured, []string{"jitter 4 ms; not measured."}},
		{profiled, []string{"PROFILED RUN: "}},
		{undelayed, []string{"NO DELAYS: links without NetEm are no WAN"}},
	} {
		says(t, "a figure of "+c.set.Dir, joined(render(t, c.set)), c.says...)
	}
	lan := joined(render(t, syntheticFigure("2b", 1)))
	if strings.Contains(lan, "NetEm") || strings.Contains(lan, "WAN") {
		t.Errorf("a figure of a LAN speaks of the WAN: %s", lan)
	}
}

// must is the value without the error, which no test here expects.
func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func mustCells(sets ...*result.Set) []frame.Cell { return must(frame.Cells(sets)) }

func TestDrawWritesAllFormats(t *testing.T) {
	mixed := syntheticFigure("2b", 2)
	mixed.Points = append(mixed.Points, syntheticFigure("2c", 2).Points...)
	dir := filepath.Join(t.TempDir(), "figures")
	starts := map[string]string{".svg": "<?xml", ".pdf": "%PDF", ".png": "\x89PNG"}
	var names []string
	for _, f := range must(Draw([]*result.Set{mixed}, dir, 0)) {
		names = append(names, filepath.Base(f))
		data, err := os.ReadFile(f)
		if err != nil || !strings.HasPrefix(string(data), starts[filepath.Ext(f)]) {
			t.Errorf("%s is not what its name says: %v", f, err)
		}
	}
	want := []string{"fig2b.svg", "fig2b.pdf", "fig2b.png", "fig2c.svg", "fig2c.pdf", "fig2c.png"}
	if !slices.Equal(names, want) {
		t.Errorf("wrote %v, want %v", names, want)
	}
}

// Figure 2(b) has a page for each size of values, of which the paper's has the figure's name.
func TestPagesOfSizes(t *testing.T) {
	a, b := syntheticFigure("2b", 1), syntheticFigure("2b", 1)
	for i := range b.Points {
		b.Points[i].ValueBytes = 1 << 20
	}
	b.Dir = "results/large/other"
	var names []string
	for _, p := range must(figures.All([]*result.Set{a, b})) {
		names = append(names, p.Name)
	}
	if want := []string{"2b", "2b-1MiB"}; !slices.Equal(names, want) {
		t.Errorf("pages %v, want %v", names, want)
	}
}

func TestDrawRefusesWhatDoesNotBelongTogether(t *testing.T) {
	split := func(figure string, change func(s *result.Set)) []*result.Set {
		a := without(syntheticFigure(figure, 1), func(p result.Point) bool { return p.Protocol == "phalanx" })
		b := without(syntheticFigure(figure, 1), func(p result.Point) bool { return p.Protocol != "phalanx" })
		b.Dir = "results/fig" + figure + "/other"
		change(b)
		return []*result.Set{a, b}
	}
	points := func(figure string, f func(p *result.Point)) []*result.Set {
		return split(figure, func(s *result.Set) {
			for i := range s.Points {
				f(&s.Points[i])
			}
		})
	}
	wan := func(change func(tb *result.Testbed)) []*result.Set {
		return split("2d", func(s *result.Set) { change(&s.Manifest.Testbed) })
	}
	for want, sets := range map[string][]*result.Set{
		"suite modern":            points("2b", func(p *result.Point) { p.Suite = "modern" }),
		"durability fsync":        points("2b", func(p *result.Point) { p.Durability = "fsync" }),
		"variant signed":          points("2b", func(p *result.Point) { p.Variant = "signed" }),
		"64 KiB values":           points("2d", func(p *result.Point) { p.ValueBytes = 64 << 10 }),
		"100 Mbit/s":              split("2b", func(s *result.Set) { s.Manifest.Testbed.RateBits = 1e8 }),
		"Links not shaped":        split("2b", func(s *result.Set) { unshaped(s) }),
		"Not profiled":            split("2b", func(s *result.Set) { s.Manifest.Profiled = true }),
		"other/points.jsonl: one": points("2b", func(p *result.Point) { p.Suite = "modern" }),
		"zipf 0.99 of 50 keys":    points("2d", func(p *result.Point) { p.KeyModel, p.Skew, p.Keys = "zipf", 0.99, 50 }),
		"hot keys":                points("2d", func(p *result.Point) { p.KeyModel = "hot" }),
		"4 clients in":            points("2d", func(p *result.Point) { p.Clients = 4 }),
		"mean 40 ms":              wan(func(tb *result.Testbed) { tb.Delays[0].MeanMs = 40 }),
		"jitter 1 ms":             wan(func(tb *result.Testbed) { tb.Delays[0].JitterMs = 1 }),
		"No NetEm delays in":      wan(func(tb *result.Testbed) { tb.Delays = nil }),
		"delays of some hosts":    wan(func(tb *result.Testbed) { tb.Delays[0].Limit = 10 }),
		"segmentation offload on": wan(func(tb *result.Testbed) { tb.Offload = true }),
		"TCP bbr":                 wan(func(tb *result.Testbed) { tb.Congestion = "bbr" }),
		"Native kernel in":        wan(func(tb *result.Testbed) { tb.Guest = "" }),
	} {
		dir := filepath.Join(t.TempDir(), "figures")
		_, err := Draw(sets, dir, 0)
		if err == nil || !strings.Contains(err.Error(), "figure 2") || !strings.Contains(err.Error(), "/other/points.jsonl") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: wrote a figure all the same", want)
		}
	}
	if _, err := figures.All(split("2b", func(*result.Set) {})); err != nil {
		t.Errorf("protocols measured in two like runs make one figure: %v", err)
	}
}

// An experiment that names no figure has some of its own, whose files stay in the folder whatever it calls itself.
func TestDrawWithoutFigures(t *testing.T) {
	s, dir := syntheticFigure("2b", 1), t.TempDir()
	for i := range s.Points {
		s.Points[i].Figure, s.Points[i].Experiment = "", "../mine"
	}
	files, err := Draw([]*result.Set{s}, dir, 0)
	if err != nil || !slices.Contains(files, filepath.Join(dir, "fig---mine-peak-t.svg")) {
		t.Errorf("points of no figure: wrote %v, %v", files, err)
	}
	for _, f := range files {
		if filepath.Dir(f) != dir {
			t.Errorf("%s is not in %s", f, dir)
		}
	}
}

// A size has a place on an axis, and a distribution of sizes has none.
func TestNoAxisOfDistributions(t *testing.T) {
	s := syntheticFigure("2c", 1)
	peaks := func() bool {
		pages, err := figures.All([]*result.Set{s})
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(pages, func(p *draw.Page) bool { return p.Name == "mine-peak-value_bytes" })
	}
	for i := range s.Points {
		s.Points[i].Figure, s.Points[i].Experiment = "", "mine"
	}
	if !peaks() {
		t.Error("no figure of the peak against the size")
	}
	for i, p := range s.Points {
		s.Points[i].Sizes = result.Sizes{Distribution: result.ETC, Most: result.Size(p.ValueBytes)}
	}
	if peaks() {
		t.Error("distributions are on an axis")
	}
}
