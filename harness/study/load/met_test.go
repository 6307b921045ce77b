package load

import (
	"testing"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
)

// Of five WRITEs to two keys two are the first, and two more began before any of their key had ended. What has not ended
// does not count, nor do READs.
func TestMet(t *testing.T) {
	entry := func(op protocols.Op, key protocols.Key, start, end int64, num uint64) history.Entry {
		return history.Entry{
			Op: op, Key: key, Start: start, End: end, Timestamp: protocols.Timestamp{Num: num, PID: 1}, Outcome: history.OK,
		}
	}
	pending := entry(protocols.Write, "c", 1, history.Forever, 0)
	pending.Outcome = history.Pending
	h := []history.Entry{
		entry(protocols.Write, "a", 1, 9, 1), entry(protocols.Write, "a", 2, 5, 1), entry(protocols.Write, "a", 5, 8, 2),
		entry(protocols.Write, "a", 6, 8, 200), entry(protocols.Write, "b", 20, 30, 300),
		entry(protocols.Read, "b", 40, 50, 1<<20), entry(protocols.Read, "b", 40, 50, 1), pending,
	}
	if got, want := newMet(h, protocols.Write), (met{longer: 0.6, first: 0.4, unwritten: 0.8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := newMet(h, protocols.Read), (met{longer: 2}); got != want {
		t.Errorf("READs: %+v, want %+v", got, want)
	}
	if got := newMet(nil, protocols.Write); got != (met{}) {
		t.Errorf("nothing: %+v", got)
	}
}
