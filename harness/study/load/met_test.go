package load

import (
	"iter"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// whole is a history in one part.
func whole(entries []history.Entry) iter.Seq[[]history.Entry] {
	return slices.Values([][]history.Entry{entries})
}

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
	if got, want := newMet(whole(h), protocols.Write), (met{longer: 0.6, first: 0.4, unwritten: 0.8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := newMet(whole(h), protocols.Read), (met{longer: 2}); got != want {
		t.Errorf("READs: %+v, want %+v", got, want)
	}
	if got := newMet(whole(nil), protocols.Write); got != (met{}) {
		t.Errorf("nothing: %+v", got)
	}
}

// Where WRITEs are recorded in turn only, one of each key is taken for the first, and any may have met an empty register.
func TestUnseenMeetings(t *testing.T) {
	p := result.Point{Series: result.Series{Op: "write"}, Load: result.Load{Record: result.Alternating}, Keys: 700}
	for ops, want := range map[int64]met{2800: {first: 0.25, unwritten: 1}, 350: {first: 1, unwritten: 1}} {
		l := cluster.Loaded{Tally: agent.Tally{Write: agent.Kind{Ops: ops}}}
		if got := newMeetings(&p, whole(nil), l, 0).writes; got != want {
			t.Errorf("%d WRITEs: %+v, want %+v", ops, got, want)
		}
	}
}

// A READ meets the WRITEs to its key that are in progress while it is, and for as long as the longest operation takes before it
// and after. What came before or after the load, and what did not end, does not count.
func TestMixedMeetings(t *testing.T) {
	entry := func(op protocols.Op, key protocols.Key, start, end int64, num uint64) history.Entry {
		return history.Entry{
			Op: op, Key: key, Start: start, End: end, Timestamp: protocols.Timestamp{Num: num, PID: 1}, Outcome: history.OK,
		}
	}
	h := []history.Entry{
		entry(protocols.Write, "a", 10, 20, 200), // of the preload
		entry(protocols.Write, "a", 200, 220, 200), entry(protocols.Write, "a", 300, 330, 1), entry(protocols.Write, "b", 200, 220, 1),
		entry(protocols.Read, "a", 150, 169, 1),     // too early to meet any
		entry(protocols.Read, "a", 150, 170, 1),     // in time for one
		entry(protocols.Read, "a", 250, 270, 300),   // after one and before another
		entry(protocols.Read, "a", 251, 269, 1),     // too late for one, too early for the other
		entry(protocols.Read, "c", 200, 220, 1),     // of another key
		entry(protocols.Read, "a", 900, 910, 1<<20), // to read back
	}
	got := mixed(whole(h), func(workloads.ID) int { return 7 }, 100, 500, 30)
	if got.reads.share != 0.4 || got.reads.writes < 0.6-1e-9 || got.reads.writes > 0.6+1e-9 {
		t.Errorf("%v of READs met WRITEs, %v each on average, want 0.4 and 0.6", got.reads.share, got.reads.writes)
	}
	if got.reads.more < 0.6-1e-9 || got.reads.more > 0.6+1e-9 {
		t.Errorf("READs may have been told of %v times as much besides, want 0.6", got.reads.more)
	}
	large := func(id workloads.ID) int { return 1 + int(id.Seq) }
	h[0].Value.Seq, h[1].Value.Seq, h[5].Value.Seq = 99, 9, 9 // an old value of 100 bytes, and one of 10 that is read
	if got := mixed(whole(h[:6]), large, 100, 500, 30); got.reads.more < 100./11-1e-9 || got.reads.more > 100./11+1e-9 {
		t.Errorf("READs of 11 bytes may have been told of %v times as much besides, want 100 bytes", got.reads.more)
	}
	if got.reads.longer != 0.4 || got.writes.longer < 0.33 || got.writes.longer > 0.34 || got.writes.first != 0 {
		t.Errorf("READs %+v, WRITEs %+v", got.reads, got.writes)
	}
	if got := mixed(whole(nil), large, 0, 0, 0); got.reads != (met{}) || got.writes != (met{}) {
		t.Errorf("nothing: %+v", got)
	}
}

// Sizes are those of the values that the load's own operations read and wrote, and their mean is what throughput counts with.
func TestDrawnSizes(t *testing.T) {
	p := &result.Point{Series: result.Series{
		Op: "50% read", ValueBytes: 1000, Sizes: result.Sizes{Distribution: result.Weighted, Weights: "50% 1kB, 50% 3kB"},
	}, Seed: 7}
	drawn := workloads.NewSizes(p.Seed, p.Sizes)
	var h []history.Entry
	want := map[protocols.Op]float64{}
	for i := range uint64(40) {
		e := history.Entry{Op: protocols.Write, Key: "a", Start: 100 + int64(i), End: 200, Outcome: history.OK, Value: workloads.ID{Client: 1, Seq: i}}
		if i%4 == 0 {
			e.Op, e.Value.Seq = protocols.Read, i/4
		}
		want[e.Op] += float64(drawn.Of(e.Value))
		h = append(h, e)
	}
	preloaded := h[0]
	preloaded.Start, preloaded.End = 1, 2
	l := cluster.Loaded{FromNs: 90 + int64(cluster.StartDelay)}
	l.LastNs, l.Read.Ops, l.Write.Ops = 200, 10, 30
	m := newMeetings(p, whole(append(h, preloaded)), l, 0)
	if reads, writes := m.readSizes.mean(0), m.writeSizes.mean(0); !near(reads, want[protocols.Read]/10, 1e-9) || !near(writes, want[protocols.Write]/30, 1e-9) {
		t.Errorf("READs of %v bytes, WRITEs of %v, want %v and %v", reads, writes, want[protocols.Read]/10, want[protocols.Write]/30)
	}
	if all := (want[protocols.Read] + want[protocols.Write]) / 40; !near(m.mean(p, l), all, 1e-9) {
		t.Errorf("operations of %v bytes, want %v", m.mean(p, l), all)
	}
	p.Sizes = result.Sizes{}
	if m := newMeetings(p, whole(h), l, 0); m.mean(p, l) != 1000 {
		t.Errorf("values of one size have %v bytes", m.mean(p, l))
	}
}
