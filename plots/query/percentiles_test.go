package query

import (
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// timed is two systems of two repetitions, each of so many operations: of 10 and 12 ms, and of half as much.
func timed(t *testing.T, operations int64) *result.Set {
	t.Helper()
	s := measured(map[string][]float64{"mpowerstore": {10, 12}, "mabd": {5, 6}})
	for i := range s.Points {
		p := &s.Points[i]
		h := hdrhistogram.New(1e3, 1e11, 3)
		if err := h.RecordValues(int64(p.ThroughputMBps*1e6), operations); err != nil {
			t.Fatal(err)
		}
		text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		p.Ops, p.Histogram = operations, string(text)
	}
	return s
}

func TestPercentilesThatAreSupported(t *testing.T) {
	const (
		own    = `of("point", "latency_ms.p99", {figure: "2b", protocol: "mpowerstore", op: "read"})`
		others = `of("point", "latency_ms.p99", {figure: "2b", protocol: "mabd", op: "read"})`
		most   = `most("point", "latency_ms.p99", {figure: "2b", protocol: "mpowerstore"})`
	)
	enough, few := results(t, timed(t, 331)), results(t, timed(t, 330))
	for inequality, want := range map[string]Outcome{
		own + " < 13": CannotTell, own + " < 200": Holds, own + " > 200": DoesNotHold, own + "/" + others + " > 1.5": Holds,
		most + " <= 12.1": Holds, most + " <= 11": DoesNotHold, "2 * " + most + " >= 23.9": Holds,
	} {
		got, err := enough.Compare(inequality, nil)
		if err != nil || got.Outcome != want || got.Measured == "" || len(got.Few) > 0 {
			t.Errorf("%s: %+v (%v), want %s", inequality, got, err, want)
		}
		got, err = few.Compare(inequality, nil)
		says := strings.Join(got.Few, ", ")
		if err != nil || got.Outcome != CannotTell || len(got.Missing) > 0 || len(got.Points) == 0 ||
			!strings.Contains(says, "latency_ms.p99 of fig2b/mpowerstore/read/t1/256KiB/c4/paper/write has 660 of the 662 operations that it takes") {
			t.Errorf("of few: %s: %+v (%v)", inequality, got, err)
		}
	}
	if got := quantity(t, enough, own).Interval(); got.Value < 11.99 || got.Value > 12.01 {
		t.Errorf("p99 %v, want that of both runs together", got)
	}
	if got, err := few.Compare(own+` < peak("2b", "phalanx", "read")`, nil); err != nil || got.Outcome != NotMeasured || len(got.Few) == 0 {
		t.Errorf("too few, and missing: %+v (%v)", got, err)
	}
	bare := timed(t, 331)
	first := slices.IndexFunc(bare.Points, func(p result.Point) bool { return p.Protocol == "mpowerstore" })
	bare.Points[first].Histogram = ""
	for _, expression := range []string{own, most} {
		if q := quantity(t, results(t, bare), expression); q.Known() {
			t.Errorf("%s of a run without a histogram: %v", expression, q.Interval())
		}
	}
}

func TestPercentilesOfTrials(t *testing.T) {
	s := &result.Set{Dir: "results/attack", Trials: []result.Trial{{
		Protocol: "mabd", Attack: "B2", ReadMs: result.Latency{P50: 1, P99: 5}, Ops: result.TrialOps{Reads: 661},
	}}}
	r := results(t, s)
	got, err := r.Compare(`of("trial", "read_ms.p99", {protocol: "mabd", attack: "B2"}) < 9`, nil)
	if err != nil || got.Outcome != CannotTell || len(got.Few) != 1 || !strings.HasPrefix(got.Few[0], "read_ms.p99 of attack/mabd/B2 has 661 of the 662") {
		t.Errorf("%+v (%v)", got, err)
	}
	if got, err := r.Compare(`of("trial", "read_ms.p50", {protocol: "mabd", attack: "B2"}) < 9`, nil); err != nil || got.Outcome != Holds {
		t.Errorf("p50: %+v (%v)", got, err)
	}
}
