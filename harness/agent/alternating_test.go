package agent

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// A load that records nothing leaves no history and no latencies, and counts its operations and bytes like any other. What comes
// before and after it is recorded.
func TestNothingIsRecorded(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	b.preload()
	before := len(b.history())
	r := b.load(protocols.Write, clients, func(s *Spec) { s.Record = result.Nothing })
	if r.Ops() == 0 || r.Latency().Count() != 0 || len(r.Rounds) == 0 || r.Work() == 0 || r.BusyNs == 0 {
		t.Errorf("%d operations, %d latencies, rounds %v", r.Ops(), r.Latency().Count(), r.Rounds)
	}
	b.wantCost(protocols.Write, 1, r.Ops(), r.Bytes)
	if after := len(b.history()); after != before {
		t.Errorf("the history has %d operations after the load, %d before", after, before)
	}
	b.readBack()
	if after := len(b.history()); after == before {
		t.Error("what follows the load is not recorded either")
	}
}
