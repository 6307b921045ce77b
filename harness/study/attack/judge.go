package attack

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/targeted"
)

// findings are the harms that a trial came to, by the names that the simulator uses too.
type findings struct {
	harms map[byzantine.Harm]int64
	first string // in words

	promise protocols.Consistency // that histories are held to
	starves bool                  // READs may run out of rounds because of WRITEs
}

// find notes a harm.
func (f *findings) find(h byzantine.Harm, format string, args ...any) { f.count(h, 1, format, args...) }

// count notes that a harm happened n times, if it did.
func (f *findings) count(h byzantine.Harm, n int64, format string, args ...any) {
	if n == 0 {
		return
	}
	if f.harms == nil {
		f.harms = map[byzantine.Harm]int64{}
	}
	if f.harms[h] += n; f.first == "" {
		f.first = fmt.Sprintf("%s: %s", h, fmt.Sprintf(format, args...))
	}
}

// judge looks for harms in what the clients did.
func (f *findings) judge(e byzantine.Expectation, entries []history.Entry, all agent.Tally) result.Verdict {
	report := history.CheckAs(entries, f.promise)
	corrupt := f.judgeReads(entries)
	if report.Code == result.Violation && !slices.ContainsFunc(report.Involved, isCorrupt) {
		f.find(byzantine.Stale, "%s: %s", f.promise.Not(), report.Detail)
	}
	f.judgeTimestamps(entries)
	f.count(byzantine.Hang, all.Pending, "%d operations did not end: %s", all.Pending, all.FirstError)
	harm := byzantine.Failure
	if e.Harm == byzantine.Exhaustion { // how it shows when there is no higher timestamp left
		harm = byzantine.Exhaustion
	}
	failed := all.Failed - corrupt - f.starved(entries, all)
	f.count(harm, failed, "%d operations failed: %s", failed, all.FirstError)
	for n, reads := range all.Read.Rounds {
		if e.Rounds > 0 && n.Total() > e.Rounds {
			f.count(byzantine.TooManyRounds, reads, "%d READs took %d rounds, want %d at most", reads, n.Total(), e.Rounds)
		}
	}
	return report.Verdict
}

// starved is how many READs ended without a result as the protocol allows, as WRITEs left them no round: a READ that no WRITE met has no
// such excuse.
func (f *findings) starved(entries []history.Entry, all agent.Tally) (n int64) {
	if !f.starves || all.Starved == 0 {
		return 0
	}
	met := map[protocols.Key]int64{} // when the last WRITE of each key ended, or Forever
	for _, e := range entries {
		if e.Op == protocols.Write {
			met[e.Key] = max(met[e.Key], e.End)
		}
	}
	for _, e := range entries {
		if e.Op == protocols.Read && e.Outcome == history.Pending && e.Start < met[e.Key] {
			n++
		}
	}
	return min(n, all.Starved)
}

func isCorrupt(e history.Entry) bool { return e.Op == protocols.Read && e.Value == history.Corrupt }

// judgeReads finds values that were never written and returns their number.
func (f *findings) judgeReads(entries []history.Entry) (corrupt int64) {
	var first history.Entry
	for _, e := range entries {
		if isCorrupt(e) {
			if corrupt == 0 {
				first = e
			}
			corrupt++
		}
	}
	f.count(byzantine.Phantom, corrupt, "READ %d of client %d returned what nobody wrote to %s",
		first.Seq, first.Client, first.Key)
	return corrupt
}

// judgeTimestamps finds timestamps ahead of the number of WRITEs that had begun by then.
func (f *findings) judgeTimestamps(entries []history.Entry) {
	begun := map[protocols.Key][]int64{} // when the WRITEs of each key began
	for _, e := range entries {
		if e.Op == protocols.Write {
			begun[e.Key] = append(begun[e.Key], e.Start)
		}
	}
	for _, starts := range begun {
		slices.Sort(starts)
	}
	for _, e := range entries {
		writes, _ := slices.BinarySearch(begun[e.Key], e.End)
		if e.Outcome == history.OK && e.Timestamp.Num > uint64(writes) {
			f.find(byzantine.Exhaustion, "%s %d of client %d has timestamp %v after %d WRITEs of %s",
				e.Op, e.Seq, e.Client, e.Timestamp, writes, e.Key)
		}
	}
}

// What a server stores for an operation besides the value, in bytes, is less than this: twice what any protocol takes.
const metadataBytes = 1024

// accounted is how many bytes operations may have a server store: the protocol's share of the value for each that
// brings one, and metadata.
func accounted(p protocols.Protocol, t int, entries []history.Entry) int64 {
	if few, ok := p.(targeted.Protocol); ok {
		p = few.Protocol // a server may be in the quorums of all keys
	}
	share := func(op protocols.Op) int64 {
		return int64(p.Traits(t).Cost(op).ClientToServers / float64(p.Traits(t).Servers) * valueBytes)
	}
	read, write := share(protocols.Read), share(protocols.Write)
	sum := int64(metadataBytes)
	for _, e := range entries {
		if e.Op == protocols.Write {
			sum += write + metadataBytes
		} else {
			sum += read + metadataBytes/2
		}
	}
	return sum
}

// judgeGrowth finds correct servers that were made to store more than the operations account for.
func (t *trial) judgeGrowth(ctx context.Context, entries []history.Entry) error {
	most := accounted(t.protocol, t.T, entries)
	for _, s := range t.cluster.Servers {
		if s.Lies() || s.MayEnd() {
			continue
		}
		stored, err := s.AppliedBytes(ctx)
		if err != nil {
			return err
		}
		if stored > most {
			t.find(byzantine.Growth, "%s was made to store %d bytes, %d operations account for %d at most",
				s.Name, stored, len(entries), most)
		}
	}
	return nil
}

// conclude fills in the outcome of the trial, and whether it was expected.
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
	fillIn(out, t.all, t.loaded)
}

// fillIn fills in what was counted: from the first operation to the last, and during the measured load.
func fillIn(out *result.Trial, all, l agent.Tally) {
	out.ReadKinds, out.WriteKinds, out.ReadMost, out.WriteMost = all.Read.Rounds, all.Write.Rounds, all.Read.Most, all.Write.Most
	out.Ops = result.TrialOps{Reads: l.Read.Ops, Writes: l.Write.Ops, Pending: all.Pending, Failed: all.Failed, Starved: all.Starved}
	out.ReadRounds = map[string]int64{}
	for rounds, count := range l.Read.Rounds {
		out.ReadRounds[strconv.Itoa(rounds.Total())] += count
	}
	out.Timeline, out.ThroughputOps = l.Buckets, float64(l.Ops())/out.DurationS
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
