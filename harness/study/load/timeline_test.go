package load

import (
	"reflect"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/storage"
)

// begin is when the windows of these tests begin, on the run's clock in ns.
const begin = int64(100e9)

// operation ended well and lasted from start to end, in ms from the window's beginning.
func operation(op protocols.Op, start, end float64) history.Entry {
	return history.Entry{Op: op, Start: begin + int64(start*1e6), End: begin + int64(end*1e6), Outcome: history.OK}
}

// sampled is a window of so many intervals of 1 s, in which two servers do a little more each second.
func sampled(intervals int) cluster.Loaded {
	l := cluster.Loaded{FromNs: begin}
	for i := range int64(intervals + 1) {
		l.Samples = append(l.Samples, cluster.Sample{
			Ns:   begin + i*1e9 + 2e6,
			Used: []control.Used{{RSSMiB: 100 + float64(i)}, {RSSMiB: 90.04}},
			Databases: []storage.Metrics{
				{LogBytes: 10 * i, FlushedBytes: 7 * i, CompactedBytes: i, L0Files: 2, Stalls: i, StallTime: time.Duration(i) * time.Millisecond},
				{LogBytes: 20 * i, DiskBytes: 5, Flushes: 3, Compactions: 4, AppliedBytes: 6},
			},
		})
	}
	return l
}

// Operations count in each interval by the share of their time in it. What is of another kind, or not known to have
// ended, does not count.
func TestTimelineCounts(t *testing.T) {
	entries := []history.Entry{
		operation(protocols.Write, -500, 500),  // half of it
		operation(protocols.Write, 200, 300),   // all of it
		operation(protocols.Write, 900, 1100),  // half here, half there
		operation(protocols.Write, 0, 3000),    // a third in each
		operation(protocols.Write, 2900, 3300), // a quarter
		operation(protocols.Write, -900, -100), // before
		operation(protocols.Write, 3000, 3100), // after
		operation(protocols.Write, 1500, 1500), // it took no time
		operation(protocols.Read, 1200, 1300),  // of another kind
		{Op: protocols.Write, Start: begin + 10, End: history.Forever, Outcome: history.Pending},
	}
	line := timeline([]protocols.Op{protocols.Write}, whole(entries), sampled(3), time.Second)
	if want := []float64{2.333, 0.833, 0.583}; !reflect.DeepEqual(line.Ops, want) || line.IntervalS != 1 {
		t.Errorf("operations %v in intervals of %v s, want %v", line.Ops, line.IntervalS, want)
	}
	if line.P99OverS != 0 || line.P99Ms != nil {
		t.Errorf("a percentile of nine operations: %v", line.P99Ms)
	}
	if timeline([]protocols.Op{protocols.Write}, whole(nil), sampled(3), time.Second) != nil {
		t.Error("a timeline of a protocol that keeps no history")
	}
	if timeline([]protocols.Op{protocols.Write}, whole(entries), cluster.Loaded{}, 0) != nil {
		t.Error("a timeline that nobody asked for")
	}
}

// A 99th percentile is of as many whole intervals as hold enough operations in the mean, and exact.
func TestTimelinePercentiles(t *testing.T) {
	var entries []history.Entry
	for second := range 7 {
		for i := range 300 { // of 0.1 ms to 30 ms, a hundred times as long in the last stretch
			took := float64(i+1) / 10
			if second >= 3 {
				took *= 10
			}
			end := float64(second)*1000 + 600
			entries = append(entries, operation(protocols.Read, end-took, end))
		}
	}
	line := timeline([]protocols.Op{protocols.Read}, whole(entries), sampled(7), time.Second)
	if want := []float64{29.7, 297}; line.P99OverS != 3 || !reflect.DeepEqual(line.P99Ms, want) {
		t.Errorf("99th percentiles of %v s: %v, want of 3 s: %v", line.P99OverS, line.P99Ms, want)
	}
	if got := percentile99(nil); got != 0 {
		t.Errorf("a percentile of nothing: %v", got)
	}
}

// Samples are summed over the servers, with the greatest of any beside them.
func TestTimelineOfServers(t *testing.T) {
	s := timeline([]protocols.Op{protocols.Write}, whole([]history.Entry{operation(protocols.Write, 1, 2)}), sampled(2), time.Second).Servers
	constant := func(x float64) []float64 { return []float64{x, x, x} }
	for name, c := range map[string]struct{ got, want result.OverServers }{
		"resident sets": {s.RSSMiB, result.OverServers{Sum: []float64{190, 191, 192}, Most: []float64{100, 101, 102}}},
		"written":       {s.WrittenBytes, result.OverServers{Sum: []float64{0, 38, 76}, Most: []float64{0, 20, 40}}},
		"compacted":     {s.CompactedBytes, result.OverServers{Sum: []float64{0, 1, 2}, Most: []float64{0, 1, 2}}},
		"applied":       {s.AppliedBytes, result.OverServers{Sum: constant(6), Most: constant(6)}},
		"disk":          {s.DiskBytes, result.OverServers{Sum: constant(5), Most: constant(5)}},
		"flushes":       {s.Flushes, result.OverServers{Sum: constant(3), Most: constant(3)}},
		"compactions":   {s.Compactions, result.OverServers{Sum: constant(4), Most: constant(4)}},
		"L0":            {s.L0Files, result.OverServers{Sum: constant(2), Most: constant(2)}},
		"stalls":        {s.Stalls, result.OverServers{Sum: []float64{0, 1, 2}, Most: []float64{0, 1, 2}}},
		"stalled":       {s.StallMs, result.OverServers{Sum: []float64{0, 1, 2}, Most: []float64{0, 1, 2}}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if want := []float64{0.002, 1.002, 2.002}; !reflect.DeepEqual(s.AtS, want) {
		t.Errorf("sampled at %v, want %v", s.AtS, want)
	}
}
