package agent

import (
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// What it costs to record an operation: two readings of the clock, its entry in the history, and the tally with its
// histogram. An operation on 256 KiB takes hundreds of microseconds of processor time; the recorder may take 1 % of that.
func BenchmarkRecorder(b *testing.B) {
	spec := Spec{StartNs: clock.Now(), EndNs: clock.Now() + int64(time.Hour)}
	spec.WarmupEndNs = spec.StartNs
	t, log := newTally(newWindow(b.Context(), spec)), history.NewLog(1)
	b.ReportAllocs()
	for i := range b.N {
		start := clock.Now()
		e := log.Begin(history.Entry{Op: protocols.Write, Key: "key-000001", Seq: uint64(i), Start: start})
		end := clock.Now()
		e.Complete(end, protocols.Timestamp{Num: uint64(i), PID: 1})
		t.add(protocols.Write, completed{due: start, start: start, end: end, rounds: result.Rounds{Data: 1, Metadata: 2}}, nil)
	}
}
