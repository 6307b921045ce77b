package cluster

import (
	"math"
	"testing"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/node"
)

// WRITEs of two servers count half each, those at the window's edges by their time inside; the latencies are of those that
// ended in the window.
func TestCommitted(t *testing.T) {
	const end = 2000
	got := committed([]node.Commits{
		{EndNs: end, Spans: []node.Span{{Start: 900, End: 1100}, {Start: 1100, End: 1500}, {Start: 1900, End: 2300}}},
		{EndNs: end, Spans: []node.Span{{Start: 1000, End: 2000}, {Start: 1200, End: 1300}}},
	}, agent.Spec{WarmupEndNs: 1000})
	if want := (0.5 + 1 + 0.25 + 1 + 1) / 2; math.Abs(got.Work()-want) > 1e-9 {
		t.Errorf("work %v, want %v", got.Work(), want)
	}
	latency := got.Latency()
	if got.BusyNs != (100+400+100+1000+100)/2 || got.Ops() != 1 || latency.Count() != 3 || latency.SumNs != 200+400+100 ||
		got.LastNs != 2300 || got.LongestNs != 1000 {
		t.Errorf("%+v", got)
	}
}
