package frame

import (
	"math"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// A percentile of one run is the one that the run says itself; of several it lies between theirs.
func TestPercentilesOfTheReference(t *testing.T) {
	var sets []*result.Set
	for _, dir := range []string{"ablation/openloop", "lan/fig2a"} {
		s, err := result.Read("../../results/reference/" + dir)
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, s)
	}
	cells, err := Cells(sets)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, c := range cells {
		var all int64
		low, high := math.Inf(1), 0.
		for _, p := range c.Valid {
			all, low, high = all+p.Ops, min(low, p.LatencyMs.P99), max(high, p.LatencyMs.P99)
			alone := c
			alone.Valid = []result.Point{p}
			alone.latencies = percentilesOf(alone.Valid, func(p result.Point) string { return p.Histogram })
			alone.services = percentilesOf(alone.Valid, func(p result.Point) string { return p.ServiceHistogram })
			for share, ms := range map[float64]float64{Median: p.LatencyMs.P50, 0.9: p.LatencyMs.P90, P99: p.LatencyMs.P99, 0.999: p.LatencyMs.P999} {
				got, want := alone.Percentile(share), PercentileOf(share, ms, p.Ops)
				if got.Estimate != want.Estimate || got.Operations != p.Ops {
					t.Errorf("%s, repetition %d: %s is %v, of %d operations, want %v", c, p.Repetition, PercentileName(share), got.Estimate, got.Operations, want.Estimate)
				}
			}
			if got := alone.ServicePercentile(Median); p.Open() && got.Mean != p.ServiceMs.P50 {
				t.Errorf("%s, repetition %d: median service %v, want %v", c, p.Repetition, got.Mean, p.ServiceMs.P50)
			}
		}
		got := c.Percentile(P99)
		if got.Operations != all || got.Known() != result.Supports(P99, all) {
			t.Errorf("%s: p99 %v of %d operations, want %d", c, got.Estimate, got.Operations, all)
		}
		if got.Known() {
			if shown++; got.Mean < low || got.Mean > high || got.N != len(c.Valid) || len(got.Worths) != got.N {
				t.Errorf("%s: p99 %v of %d runs, whose own are %v to %v", c, got.Estimate, len(c.Valid), low, high)
			}
		}
	}
	if shown < 10 {
		t.Errorf("only %d of %d cells have a p99", shown, len(cells))
	}
}

// sampled is a cell of runs with so many operations each of 1 ms, 2 ms, ….
func sampled(t *testing.T, each ...int64) Cell {
	t.Helper()
	c := Cell{}
	for i, n := range each {
		h := hdrhistogram.New(1e3, 1e11, 3)
		if err := h.RecordValues(int64(i+1)*1e6, n); err != nil {
			t.Fatal(err)
		}
		text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		c.Valid = append(c.Valid, result.Point{Histogram: string(text)})
	}
	c.latencies = percentilesOf(c.Valid, func(p result.Point) string { return p.Histogram })
	return c
}

func TestPercentilesAreMerged(t *testing.T) {
	const need = 662
	for _, c := range []struct {
		operations []int64
		ms         float64 // p99; 0 if it is not known
		text       string
	}{
		{[]int64{need}, 1, "1.00"},
		{[]int64{need - 1}, 0, "– (661)"},
		{[]int64{need - 8, 8}, 2, "2.00"}, // the mean of the two runs' is 1.5
		{[]int64{need - 6, 6}, 1, "1.00"},
		{[]int64{600, 61}, 0, "– (661)"},
		{nil, 0, "–"},
	} {
		p := sampled(t, c.operations...).Percentile(P99)
		if math.Abs(p.Mean-c.ms) > 0.001*c.ms || p.Text() != c.text {
			t.Errorf("%v operations: p99 %v, %q, want %v, %q", c.operations, p.Mean, p.Text(), c.ms, c.text)
		}
	}
	if got, want := sampled(t, 600, 61).Percentile(P99).Lacks(), "661 of 662 operations that it takes"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := PercentileNote(Median, P99); !strings.HasSuffix(got, "too few, p50 takes 11, p99 takes 662.") {
		t.Errorf("the note: %q", got)
	}
	broken := sampled(t, need, need)
	broken.Valid[1].Histogram = "none"
	for name, c := range map[string]Cell{"a run without a histogram": broken, "no cell": {}} {
		if p := c.Percentile(P99); p.Known() || p.Text() != "–" {
			t.Errorf("%s: %v, %q", name, p.Estimate, p.Text())
		}
	}
}
