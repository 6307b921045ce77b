package load

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
	e := read(t, "experiment: x\ntestbed: {delay: {mean: 20ms, jitter: 4ms, loss: 1%, reorder: 2%, limit: 77, rate: 50Mbit}}")
	want := netem.Delay{
		Mean: 20 * time.Millisecond, Jitter: 4 * time.Millisecond, Distribution: "pareto",
		Loss: 0.01, Reorder: 0.02, Limit: 77, RateBits: 50e6,
	}
	between := delays(e.Testbed)
	for _, pair := range [][2]int{{0, 1}, {0, 0}, {1, 0}} {
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
	e := read(t, "experiment: x\ntestbed: {topology: spread, regions: {names: [a, b], delays: {a-b: {mean: 7ms}, b-a: {mean: 9ms}}}}")
	between := delays(e.Testbed)
	for pair, want := range map[[2]int]time.Duration{{0, 1}: 7, {1, 2}: 9, {2, 0}: 0, {0, 0}: 0, {1, 0}: 9} {
		if got := between(pair[0], pair[1]).Mean; got != want*time.Millisecond {
			t.Errorf("%v: %v, want %d ms", pair, got, want)
		}
	}
	got := askedDelays(e.Testbed)
	if len(got) != 2 || got[0].From != "a" || got[0].To != "b" || got[0].MeanMs != 7 || got[1].MeanMs != 9 {
		t.Errorf("the manifest says %+v", got)
	}
	if none := askedDelays(read(t, "experiment: x").Testbed); none != nil {
		t.Errorf("a LAN's manifest says %+v", none)
	}
}

// Spread servers need as many hosts as the largest protocol has servers.
func TestServerHosts(t *testing.T) {
	for text, want := range map[string]int{
		"experiment: x\nt: [1, 3]":                                                 1,
		"experiment: x\nt: [1, 3]\ntestbed: {topology: spread}":                    10,
		"experiment: x\nt: [1, 2]\nprotocols: [mabd]\ntestbed: {topology: spread}": 5,
	} {
		s, err := newStudy(Options{Experiment: read(t, text)})
		if err != nil || s.Testbed.Servers != want || s.Testbed.Clients != 3 || s.Testbed.Delays != nil {
			t.Errorf("%q: %+v, %v, want %d hosts of servers", text, s.Testbed, err, want)
		}
	}
}
