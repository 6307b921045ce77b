package attack

import (
	"slices"
	"strconv"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
)

// conclude fills in what came of the trial, and whether it is what was expected.
func (t *trial) conclude(out *result.Trial, entries []history.Entry) {
	out.Linearizable = t.judge(t.expected, entries, t.all)
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
	fillAll(out, t.all)
	fillLoad(out, t.loaded)
}

// fillAll fills in what was counted from the first operation to the last, before and after the load too.
func fillAll(out *result.Trial, all agent.Tally) {
	out.Ops.Pending, out.Ops.Failed = all.Pending, all.Failed
	out.ReadKinds, out.WriteKinds, out.ReadMost, out.WriteMost = all.Read.Rounds, all.Write.Rounds, all.Read.Most, all.Write.Most
}

// fillLoad fills in what the measured load came to.
func fillLoad(out *result.Trial, l agent.Tally) {
	out.Ops.Reads, out.Ops.Writes = l.Read.Ops, l.Write.Ops
	out.ReadRounds = map[string]int64{}
	for rounds, count := range l.Read.Rounds {
		out.ReadRounds[strconv.Itoa(rounds.Total())] += count
	}
	out.Timeline = l.Buckets
	out.ThroughputOps = float64(l.Ops()) / out.DurationS
	out.ReadMs, out.WriteMs = l.Read.Latency.Latency(), l.Write.Latency.Latency()
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
