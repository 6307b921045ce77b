package history

import (
	"cmp"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// Around returns what a picture of the involved operations needs: the whole history if it has at most that many
// operations, and otherwise those on the key of the involved ones that were at work at the same time, or, if these
// are too many, the involved ones alone; and the writes of all values that these read.
func Around(entries, involved []Entry, most int) []Entry {
	if len(entries) <= most {
		return entries
	}
	if len(involved) == 0 {
		return nil
	}
	key := involved[0].Key
	from, to := span(involved)
	near := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool {
		return e.Key != key || e.End < from || e.Start > to
	})
	if len(near) > most {
		near = slices.Clone(involved)
	}
	near = append(near, missingWrites(entries, near)...)
	slices.SortFunc(near, func(a, b Entry) int { return cmp.Compare(a.Start, b.Start) })
	return near
}

// span is the time from the first start to the last end that is known.
func span(entries []Entry) (from, to int64) {
	from = Forever
	for _, e := range entries {
		from, to = min(from, e.Start), max(to, e.Start)
		if e.End < Forever {
			to = max(to, e.End)
		}
	}
	return from, to
}

// missingWrites are the writes of values that were read in a part of the history, but written outside of it.
func missingWrites(entries, part []Entry) []Entry {
	written := make(map[workloads.ID]bool)
	for _, e := range part {
		if e.Op == protocols.Write {
			written[e.Value] = true
		}
	}
	missing := make(map[workloads.ID]bool)
	for _, e := range part {
		if e.Op == protocols.Read && e.Outcome == OK && !e.Bottom && !written[e.Value] {
			missing[e.Value] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool {
		return e.Key != part[0].Key || e.Op != protocols.Write || !missing[e.Value]
	})
}
