package agent

import (
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// A load that records operations in turn only leaves a history and latencies of those that it recorded, and counts all alike. What
// comes before and after it is recorded.
func TestOperationsAreRecordedInTurn(t *testing.T) {
	b := newBench(t, mabd.Protocol{}, 1)
	b.preload()
	before := int64(len(b.history()))
	r := b.load(protocols.Write, clients, func(s *Spec) {
		s.Record, s.EndNs = result.Alternating, s.WarmupEndNs+int64(3*recordingSlice)
	})
	if r.Recorded == 0 || r.Unrecorded == 0 || r.Recorded+r.Unrecorded > r.Ops() {
		t.Errorf("%d operations, %d of them recorded and %d not", r.Ops(), r.Recorded, r.Unrecorded)
	}
	if n := r.Latency().Count(); n == 0 || n > r.Ops()-r.Unrecorded {
		t.Errorf("%d latencies of %d operations, of which %d were not recorded", n, r.Ops(), r.Unrecorded)
	}
	b.wantCost(protocols.Write, 1, r.Ops(), r.Bytes)
	after := int64(len(b.history()))
	if after <= before || after > before+r.Ops()-r.Unrecorded {
		t.Errorf("the history has %d operations after the load, %d before", after, before)
	}
	b.readBack()
	if now := int64(len(b.history())); now <= after {
		t.Error("what follows the load is not recorded")
	}
}

func TestAlternation(t *testing.T) {
	for window, want := range map[time.Duration][2]time.Duration{
		time.Second: {500 * time.Millisecond, 500 * time.Millisecond}, 250 * time.Millisecond: {150 * time.Millisecond, 100 * time.Millisecond},
		320 * time.Millisecond: {200 * time.Millisecond, 120 * time.Millisecond}, 50 * time.Millisecond: {50 * time.Millisecond, 0},
	} {
		if recorded, unrecorded := Alternation(window); recorded != want[0] || unrecorded != want[1] {
			t.Errorf("of %v %v and %v, want %v", window, recorded, unrecorded, want)
		}
		w := newWindow(t.Context(), Spec{Load: result.Load{Record: result.Alternating}, WarmupEndNs: 7, EndNs: 7 + int64(window)})
		var recorded time.Duration
		for at := time.Duration(0); at < window; at += time.Millisecond {
			if w.records(7 + int64(at)) {
				recorded += time.Millisecond
			}
		}
		if recorded != want[0] || !w.records(6) {
			t.Errorf("of %v %v is recorded, want %v, and all before it", window, recorded, want[0])
		}
	}
	if w := newWindow(t.Context(), Spec{}); !w.records(1 << 40) {
		t.Error("what clients are to record throughout is not")
	}
}
