package plots

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/sink"
)

// A picture's parts say what the page says: titles and axes in the panels, names in the legend, the rest as text.
func TestPictures(t *testing.T) {
	s := syntheticFigure("2b", 3)
	s.Manifest.Title, s.Manifest.Quick = "Peaks", true
	p := must(Pictures([]*result.Set{s}))[0]
	if p.Name != "2b" || p.Heading != "Figure 2(b): Peaks" || len(p.Panels) != 2 {
		t.Fatalf("picture %s, %q with %d panels", p.Name, p.Heading, len(p.Panels))
	}
	for i, title := range []string{">READ<", ">WRITE<"} {
		says(t, "a panel", p.Panels[i], title, "Peak throughput (MB/s)", "Failure threshold t")
	}
	var names []string
	for _, m := range p.Legend {
		names = append(names, m.Name)
	}
	if want := []string{"M-PoWerStore", "M-ABD", "Phalanx", "network bound"}; !slices.Equal(names, want) {
		t.Errorf("the legend is of %v, want %v", names, want)
	}
	says(t, "the caption", strings.Join(p.Loud, "\n"), "QUICK RUN")
	for _, svg := range append(p.Panels, p.Legend[0].Sample) {
		if !strings.HasPrefix(svg, "<svg") || strings.Contains(svg, "QUICK RUN") || strings.Contains(svg, "@font-face") {
			t.Errorf("no part of a picture: %.80s", svg)
		}
	}
}

// Panels that share the first one's y axis name it when they stand alone.
func TestColumnsStandAlone(t *testing.T) {
	all := must(Pictures([]*result.Set{syntheticTrials()}))
	attacks, timeline := all[0], all[1]
	if len(attacks.Panels) != 1 || strings.Contains(attacks.Panels[0], "fault-free means") {
		t.Errorf("%d panels of the attacks, want one without the legend", len(attacks.Panels))
	}
	for _, panel := range timeline.Panels {
		says(t, "a panel", panel, "Throughput (ops/s)", "Latency (ms)")
	}
}

func TestTrialList(t *testing.T) {
	s := syntheticTrials()
	list := must(TrialList([]*result.Set{s}))
	if len(list.Rows) != len(s.Trials) || len(list.Trials) != len(s.Trials) {
		t.Errorf("%d rows and %d trials of %d", len(list.Rows), len(list.Trials), len(s.Trials))
	}
	for i, row := range list.Rows {
		if len(row) != len(list.Header) || row[0] != titles[list.Trials[i].Protocol] {
			t.Errorf("row %d is %v of %s", i, row, list.Trials[i].Protocol)
		}
	}
	if none, err := TrialList([]*result.Set{syntheticFigure("2a", 1)}); err != nil || len(none.Rows) != 0 {
		t.Errorf("without trials: %v, %v", none.Rows, err)
	}
}

// parse exports the set and reads it back as benchstat does.
func parse(t *testing.T, s *result.Set) []*benchfmt.Result {
	t.Helper()
	var b bytes.Buffer
	if err := ExportPoints(sink.Benchmarks(&b), s); err != nil {
		t.Fatal(err)
	}
	var results []*benchfmt.Result
	for r := benchfmt.NewReader(&b, s.Dir); r.Scan(); {
		parsed, ok := r.Result().(*benchfmt.Result)
		if !ok {
			t.Fatalf("not a result: %v", r.Result())
		}
		results = append(results, parsed.Clone())
	}
	return results
}

func TestExportIsReadBack(t *testing.T) {
	s := syntheticFigure("2c", 3)
	s.Manifest.Machine.CPU = "A processor @ 2.80GHz"
	for i := range s.Points {
		s.Points[i].Ops = int64(i + 650) // some have a p99
	}
	invalidate(s, func(p result.Point) bool { return p.Repetition == 2 })
	for i := range s.Points {
		if !s.Points[i].Valid {
			s.Points[i].Ops, s.Points[i].Invalid = 0, []result.Reason{result.NoOperations, result.OtherWork}
		}
	}
	results := parse(t, s)
	if cells := mustCells(s); len(results) != 3*len(cells) {
		t.Errorf("%d results of 3 repetitions of %d cells", len(results), len(cells))
	}
	for _, c := range mustCells(s) {
		for _, p := range c.All() {
			r := results[0]
			if marked := strings.HasSuffix(string(r.Name), "/invalid=no-operations+other-work"); marked == p.Valid {
				t.Errorf("%s, valid %v", r.Name, p.Valid)
			}
			results = results[1:]
			want := map[string]float64{
				"sec/op": p.LatencyMs.Mean / 1e3, "B/s": p.ThroughputMBps * 1e6,
			}
			if _, has := r.Value("p99-sec/op"); has != result.Supports(frame.P99, p.Ops) {
				t.Errorf("%s repetition %d, of %d operations, has a p99: %v", c, p.Repetition, p.Ops, has)
			} else if has {
				want["p99-sec/op"] = p.LatencyMs.P99 / 1e3
			}
			for unit, x := range want {
				if got, ok := r.Value(unit); !ok || math.Abs(got-x) > 1e-6*x {
					t.Errorf("%s repetition %d: %v %s, want %v", c, p.Repetition, got, unit, x)
				}
			}
			if r.Iters != int(p.Ops) || r.GetConfig("suite") != p.Suite || r.GetConfig("cpu") != "A processor @ 2.80GHz" {
				t.Errorf("%s repetition %d: %d operations, config %v", c, p.Repetition, r.Iters, r.Config)
			}
		}
	}
}

func TestBenchmarkNames(t *testing.T) {
	s := syntheticFigure("2b", 1)
	s.Points = s.Points[:1]
	s.Points[0].Clients = 4
	const usual = "/op=read/t=1/value=256KiB/clients=4"
	for want, change := range map[string]func(*result.Point){
		"MPoWerStore" + usual:                                func(*result.Point) {},
		"MABD/variant=unanimous" + usual:                     func(k *result.Point) { k.Protocol, k.Variant = "mabd", "unanimous" },
		"Nullprotocol/op=write/t=2/value=256KiB/clients=4":   func(k *result.Point) { k.Protocol, k.Op, k.T = "null", "write", 2 },
		"MPoWerStore/op=read/t=1/value=1000B/clients=12":     func(k *result.Point) { k.ValueBytes, k.Clients = 1000, 12 },
		"MPoWerStore" + usual + "/arrival=poisson/rate=62.5": func(k *result.Point) { k.Arrival, k.Rate, k.ServiceMs.Mean = "poisson", 62.5, 1 },
	} {
		changed := *s
		changed.Points = slices.Clone(s.Points)
		change(&changed.Points[0])
		if got := parse(t, &changed); len(got) != 1 || string(got[0].Name) != want {
			t.Errorf("%+v is %v, want %q", changed.Points[0].Series, got, want)
		}
	}
}

// Of numbers of clients that were searched for, nothing is exported that does not compare with another run.
func TestExportOfSearchedClients(t *testing.T) {
	s := syntheticFigure("2b", 1)
	s.Manifest.Searches = []result.Search{{Chosen: 8}}
	for _, r := range parse(t, s) {
		if _, ok := r.Value("sec/op"); ok || !strings.HasSuffix(string(r.Name), "/clients=saturate") || len(r.Values) != 1 {
			t.Errorf("%s %v", r.Name, r.Values)
		}
	}
	if err := ExportPoints(sink.Benchmarks(&bytes.Buffer{}), synthetic("empty")); !errors.Is(err, frame.ErrNoPoints) {
		t.Errorf("got %v", err)
	}
}
