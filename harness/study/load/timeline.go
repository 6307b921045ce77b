package load

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/storage"
)

// timeline is the load's window in intervals: operations of the load's kinds by the history, which has them anyway, so that clients record
// nothing for it; and the servers' samples. It is nil without samples or history.
func timeline(ops []protocols.Op, parts iter.Seq[[]history.Entry], l cluster.Loaded, every time.Duration) *result.WindowTimeline {
	if len(l.Samples) < 2 {
		return nil
	}
	t := &result.WindowTimeline{IntervalS: every.Seconds(), Ops: make([]float64, len(l.Samples)-1)}
	took := make([][]int64, len(t.Ops)) // by the operations that ended in each interval, in ns
	n := 0
	for entries := range parts {
		n += len(entries)
		for _, e := range entries {
			if !slices.Contains(ops, e.Op) || e.Outcome != history.OK {
				continue
			}
			start, end := e.Start-l.FromNs, e.End-l.FromNs
			share(t.Ops, start, end, int64(every))
			if i := end / int64(every); end >= 0 && i < int64(len(took)) {
				took[i] = append(took[i], end-start)
			}
		}
	}
	if n == 0 {
		return nil
	}
	for i, n := range t.Ops {
		t.Ops[i] = round(n, 1e3)
	}
	t.P99OverS, t.P99Ms = percentiles(took, every)
	t.Servers = servers(l)
	return t
}

// share adds an operation from start to end to the intervals that it falls into, by the share of its time inside. One that
// took no time has none.
func share(ops []float64, start, end, every int64) {
	for i := max(0, start/every); i < int64(len(ops)) && max(start, i*every) < end; i++ {
		inside := min(end, (i+1)*every) - max(start, i*every)
		ops[i] += float64(inside) / float64(end-start)
	}
}

// percentiles are the 99th percentiles, in ms, of stretches of as many whole intervals as hold enough operations in the mean.
func percentiles(took [][]int64, every time.Duration) (overS float64, p99 []float64) {
	all := 0
	for _, interval := range took {
		all += len(interval)
	}
	least := int(result.PercentileNeeds(0.99))
	if all < least {
		return 0, nil
	}
	stretch := (least*len(took) + all - 1) / all
	for i := 0; i+stretch <= len(took); i += stretch {
		p99 = append(p99, percentile99(slices.Concat(took[i:i+stretch]...)))
	}
	return float64(stretch) * every.Seconds(), p99
}

// percentile99 is the least of the times, in ms, below or at which 99 % of them are; 0 of none.
func percentile99(ns []int64) float64 {
	if len(ns) == 0 {
		return 0
	}
	slices.Sort(ns)
	return round(float64(ns[(99*len(ns)+99)/100-1])/1e6, 1e3)
}

// servers are the samples of the load's servers.
func servers(l cluster.Loaded) (s result.ServerSamples) {
	for _, sample := range l.Samples {
		s.AtS = append(s.AtS, round(float64(sample.Ns-l.FromNs)/1e9, 1e3))
		var rss []float64
		for _, u := range sample.Used {
			rss = append(rss, round(u.RSSMiB, 10))
		}
		s.RSSMiB.Add(rss...)
		for _, of := range []struct {
			to     *result.OverServers
			number func(storage.Metrics) float64
		}{
			{&s.AppliedBytes, func(m storage.Metrics) float64 { return float64(m.AppliedBytes) }},
			{&s.WrittenBytes, func(m storage.Metrics) float64 { return float64(m.LogBytes + m.FlushedBytes + m.CompactedBytes) }},
			{&s.CompactedBytes, func(m storage.Metrics) float64 { return float64(m.CompactedBytes) }},
			{&s.DiskBytes, func(m storage.Metrics) float64 { return float64(m.DiskBytes) }},
			{&s.Flushes, func(m storage.Metrics) float64 { return float64(m.Flushes) }},
			{&s.Compactions, func(m storage.Metrics) float64 { return float64(m.Compactions) }},
			{&s.L0Files, func(m storage.Metrics) float64 { return float64(m.L0Files) }},
			{&s.Stalls, func(m storage.Metrics) float64 { return float64(m.Stalls) }},
			{&s.StallMs, func(m storage.Metrics) float64 { return ms(m.StallTime) }},
		} {
			var each []float64
			for _, m := range sample.Databases {
				each = append(each, of.number(m))
			}
			of.to.Add(each...)
		}
	}
	return s
}

// round rounds to so many parts of 1: more digits would only make results longer.
func round(x, parts float64) float64 { return math.Round(x*parts) / parts }
