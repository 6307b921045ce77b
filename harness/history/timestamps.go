package history

import (
	"cmp"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// Timestamps checks that the protocol's own timestamps are a linear order of the history, in O(n log n): values and
// timestamps belong together one to one, and an operation that starts after others have ended has a timestamp not
// lower, for a read, or higher, for a write, than theirs. The timestamp of ⊥ is zero, so that ⊥ can only be read
// before the first operation on another value has ended. A pending write has the timestamp that its readers saw.
//
// This suffices for linearizability and is not necessary for it: only Zones can say that a history is not linearizable.
func Timestamps(entries []Entry) Report {
	return judge(timestampChecker, entries, clustered(checkTimestamps))
}

// stamped is an operation with the timestamp of its value.
type stamped struct {
	*Entry
	ts protocols.Timestamp
}

func checkTimestamps(clusters []*cluster) *finding {
	var ops []stamped
	owner := make(map[protocols.Timestamp]*cluster, len(clusters))
	for _, c := range clusters {
		ts, f := c.timestamp()
		if f != nil {
			return f
		}
		if other := owner[ts]; other != nil {
			return found(result.Violation, append(other.witness(), c.witness()...), "%s and %s have the same timestamp %v",
				other.value(), c.value(), ts)
		}
		owner[ts] = c
		for _, e := range c.ops() {
			ops = append(ops, stamped{e, ts})
		}
	}
	return sweep(ops)
}

// timestamp returns the one timestamp that all operations of the cluster have.
func (c *cluster) timestamp() (protocols.Timestamp, *finding) {
	var ts protocols.Timestamp
	from := c.write
	switch {
	case from == nil: // ⊥: zero
	case from.Outcome == OK:
		ts = from.Timestamp
	default:
		from = c.reads[0]
		ts = from.Timestamp
	}
	for _, r := range c.reads {
		if r.Timestamp.Equal(ts) {
			continue
		}
		if from == nil {
			return ts, found(result.Violation, []*Entry{r}, "%s returned ⊥ with timestamp %v", r.name(), r.Timestamp)
		}
		return ts, found(result.Violation, []*Entry{from, r}, "%s has timestamp %v for %s, but %s has %v for it",
			from.name(), ts, c.value(), r.name(), r.Timestamp)
	}
	return ts, nil
}

// sweep goes through the operations by their start, and keeps the one with the highest timestamp that has ended.
func sweep(ops []stamped) *finding {
	byEnd := slices.Clone(ops)
	slices.SortFunc(byEnd, func(a, b stamped) int { return cmp.Compare(a.End, b.End) })
	slices.SortFunc(ops, func(a, b stamped) int { return cmp.Compare(a.Start, b.Start) })
	var highest stamped
	for _, op := range ops {
		for len(byEnd) > 0 && byEnd[0].before(op.Entry) {
			if highest.Entry == nil || highest.ts.Less(byEnd[0].ts) {
				highest = byEnd[0]
			}
			byEnd = byEnd[1:]
		}
		if highest.Entry == nil {
			continue
		}
		if op.ts.Less(highest.ts) || op.Op == protocols.Write && op.ts.Equal(highest.ts) {
			return found(result.Violation, []*Entry{highest.Entry, op.Entry},
				"%s has timestamp %v, but %s with %v had ended before it started",
				op.name(), op.ts, highest.name(), highest.ts)
		}
	}
	return nil
}
