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
)

// parse exports the set and reads it back as benchstat does.
func parse(t *testing.T, s *result.Set) []*benchfmt.Result {
	t.Helper()
	var b bytes.Buffer
	if err := Export(&b, s); err != nil {
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
		s.Points[i].Ops = int64(i + 1)
	}
	invalidate(s, func(p result.Point) bool { return p.Repetition == 2 })
	results := parse(t, s)
	cells, err := frame.Cells([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		for _, p := range c.Valid {
			r := results[0]
			results = results[1:]
			want := map[string]float64{
				"sec/op": p.LatencyMs.Mean / 1e3, "p99-sec/op": p.LatencyMs.P99 / 1e3, "B/s": p.ThroughputMBps * 1e6,
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
	if len(results) > 0 {
		t.Errorf("%d results more", len(results))
	}
}

func TestBenchmarkNames(t *testing.T) {
	s := synthetic("fig2b")
	s.Points = []result.Point{{
		Series: result.Series{
			Protocol: "mpowerstore", Variant: "paper", Suite: "paper", Durability: "write", Op: "read", T: 1, ValueBytes: 256 << 10,
		},
		Load: result.Load{Clients: 4}, Validity: result.Validity{Valid: true}, ThroughputOps: 1, ThroughputMBps: 1,
		LatencyMs: result.Latency{Mean: 1}, OpenLoop: result.OpenLoop{}, Ops: 1,
	}}
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
	if err := Export(&bytes.Buffer{}, synthetic("empty")); !errors.Is(err, frame.ErrNoPoints) {
		t.Errorf("got %v", err)
	}
}
