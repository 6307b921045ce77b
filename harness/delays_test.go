package harness

import (
	"slices"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// An experiment file may name just the distributions that there are.
func TestDistributions(t *testing.T) {
	inFiles := slices.Sorted(slices.Values(experiment.Distributions()))
	if !slices.Equal(inFiles, netem.Tables()) {
		t.Errorf("files know %v, NetEm has %v", inFiles, netem.Tables())
	}
}

func TestDelaysOfOneWAN(t *testing.T) {
	e := load(t, "experiment: x\ntestbed: {delay: {mean: 20ms, jitter: 4ms, loss: 1%, reorder: 2%, limit: 77, rate: 50Mbit}}")
	want := netem.Delay{
		Mean: 20 * time.Millisecond, Jitter: 4 * time.Millisecond, Distribution: "pareto",
		Loss: 0.01, Reorder: 0.02, Limit: 77, RateBits: 50e6,
	}
	between := delays(e.Testbed, []string{"server-1"}, []string{"client-1", "client-2"})
	for _, pair := range [][2]string{{"server-1", "client-2"}, {"client-1", "server-1"}, {"probe-1", "probe-2"}} {
		if got := between(pair[0], pair[1]); got != want {
			t.Errorf("%v: %+v, want %+v", pair, got, want)
		}
	}
	got := askedDelays(e.Testbed)
	if want := (result.Delay{
		MeanMs: 20, JitterMs: 4, Distribution: "pareto", Loss: 0.01, Reorder: 0.02, Limit: 77, RateBits: 50e6,
	}); len(got) != 1 || got[0] != want {
		t.Errorf("the manifest says %+v, want %+v", got, want)
	}
}

// Hosts of each kind take the regions in turn.
func TestDelaysOfRegions(t *testing.T) {
	e := load(t, "experiment: x\ntestbed: {topology: spread, regions: {names: [a, b], delays: {a-b: {mean: 7ms}, b-a: {mean: 9ms}}}}")
	between := delays(e.Testbed, []string{"server-1", "server-2", "server-3"}, []string{"client-1", "client-2"})
	for pair, want := range map[[2]string]time.Duration{
		{"server-1", "client-2"}: 7, {"client-2", "server-3"}: 9, {"server-3", "client-1"}: 0,
		{"server-1", "server-2"}: 7, {"probe-1", "probe-2"}: 7, {"probe-2", "client-1"}: 9,
	} {
		if got := between(pair[0], pair[1]).Mean; got != want*time.Millisecond {
			t.Errorf("%v: %v, want %d ms", pair, got, want)
		}
	}
	got := askedDelays(e.Testbed)
	if len(got) != 2 || got[0].From != "a" || got[0].To != "b" || got[0].MeanMs != 7 || got[1].MeanMs != 9 {
		t.Errorf("the manifest says %+v", got)
	}
	if none := askedDelays(load(t, "experiment: x").Testbed); none != nil {
		t.Errorf("a LAN's manifest says %+v", none)
	}
}
