package attack

import (
	"errors"
	"slices"
	"strconv"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
)

// conclude fills in what came of the trial, and whether it is what was expected.
func (t *trial) conclude(out *result.Trial, entries []history.Entry) error {
	out.Linearizable = t.judge(t.expected, entries, t.reports)
	out.Held = t.expected.Holds(t.harms)
	if out.Detail = t.first; !out.Held && out.Detail == "" {
		out.Detail = "the harm that the attack is known to do was not found"
	}
	for h, n := range t.harms {
		out.Harms[string(h)] = n
	}
	if out.Linearizable.Code == result.Unknown && !t.expected.Beyond {
		out.Held, out.Detail = false, "the history cannot be checked: "+out.Linearizable.Detail
	}
	slices.SortStableFunc(t.events, func(a, b result.Event) int { return int(a.AtMs*1e3 - b.AtMs*1e3) })
	out.Events = append([]result.Event{}, t.events...)
	out.DurationS = t.load.Seconds()
	out.LongestGapMs = longestGap(entries, t.start, t.start+int64(t.load))
	fillAll(out, t.reports)
	return fillLoad(out, t.loaded)
}

// fillAll fills in what was counted from the first operation to the last, before and after the load too.
func fillAll(out *result.Trial, reports []agent.MixedReport) {
	out.ReadKinds, out.WriteKinds = map[result.Rounds]int64{}, map[result.Rounds]int64{}
	for _, r := range reports {
		out.Ops.Pending += r.Pending
		out.Ops.Failed += r.Failed
		addRounds(out.ReadKinds, r.Read.Rounds)
		addRounds(out.WriteKinds, r.Write.Rounds)
		out.ReadMost.Raise(r.Read.Most)
		out.WriteMost.Raise(r.Write.Most)
	}
}

func addRounds(sum, more map[result.Rounds]int64) {
	for rounds, ops := range more {
		sum[rounds] += ops
	}
}

// fillLoad fills in what the measured load came to.
func fillLoad(out *result.Trial, reports []agent.MixedReport) error {
	reads, writes := cluster.NewHistogram(), cluster.NewHistogram()
	out.ReadRounds = map[string]int64{}
	var errs []error
	for _, r := range reports {
		out.Ops.Reads += r.Reads
		out.Ops.Writes += r.Writes
		for rounds, count := range r.Read.Rounds {
			out.ReadRounds[strconv.Itoa(rounds.Total())] += count
		}
		out.Timeline = addBuckets(out.Timeline, r.Buckets)
		errs = append(errs, cluster.AddHistogram(reads, r.Read.Histogram), cluster.AddHistogram(writes, r.Write.Histogram))
	}
	out.ThroughputOps = float64(out.Ops.Reads+out.Ops.Writes) / out.DurationS
	out.ReadMs, out.WriteMs = cluster.Latency(reads), cluster.Latency(writes)
	return errors.Join(errs...)
}

// addBuckets adds an agent's timeline, whose buckets begin at the same instants.
func addBuckets(sum, more []result.Bucket) []result.Bucket {
	for i, b := range more {
		if i == len(sum) {
			sum = append(sum, result.Bucket{AtMs: b.AtMs})
		}
		s := &sum[i]
		s.Read, s.Write, s.Errors = addEnded(s.Read, b.Read), addEnded(s.Write, b.Write), s.Errors+b.Errors
	}
	return sum
}

func addEnded(a, b result.Ended) result.Ended {
	sum := result.Ended{Ops: a.Ops + b.Ops, MaxMs: max(a.MaxMs, b.MaxMs)}
	if sum.Ops > 0 {
		sum.MeanMs = (a.MeanMs*float64(a.Ops) + b.MeanMs*float64(b.Ops)) / float64(sum.Ops)
	}
	return sum
}

// longestGap is the longest time between two instants, in ms, in which no operation ended.
func longestGap(entries []history.Entry, from, to int64) float64 {
	ends := []int64{from, to}
	for _, e := range entries {
		if e.Outcome == history.OK && e.End > from && e.End < to {
			ends = append(ends, e.End)
		}
	}
	slices.Sort(ends)
	var longest int64
	for i := 1; i < len(ends); i++ {
		longest = max(longest, ends[i]-ends[i-1])
	}
	return float64(longest) / 1e6
}
