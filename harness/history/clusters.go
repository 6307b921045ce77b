package history

import (
	"iter"
	"maps"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// A cluster is a value's life: its write and the reads that returned it. The write of ⊥ is before everything.
type cluster struct {
	write *Entry // nil for ⊥
	reads []*Entry
}

// byKey divides a history into the operations on each key, by their start, in the order of the keys.
func byKey(entries []Entry) [][]*Entry {
	all := make([]*Entry, len(entries))
	for i := range entries {
		all[i] = &entries[i]
	}
	keys := grouped(all, func(e *Entry) protocols.Key { return e.Key })
	for _, ops := range keys {
		sortByStart(ops)
	}
	return keys
}

// grouped divides operations by their keys, in the order of the keys.
func grouped[T any](ops []T, keyOf func(T) protocols.Key) [][]T {
	keys := make(map[protocols.Key][]T)
	for _, op := range ops {
		keys[keyOf(op)] = append(keys[keyOf(op)], op)
	}
	all := make([][]T, 0, len(keys))
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		all = append(all, keys[key])
	}
	return all
}

// clustersOf sorts the operations on one key into clusters. Pending reads returned nothing and are dropped. So is a
// pending write that nobody read: without it, a linear order is still one. A pending write that was read happened, at
// some time after its start.
func clustersOf(ops []*Entry) ([]*cluster, *finding) {
	bottom := &cluster{}
	all := []*cluster{bottom}
	byValue := make(map[workloads.ID]*cluster)
	for _, e := range ops {
		if e.Op != protocols.Write {
			continue
		}
		if other := byValue[e.Value]; other != nil {
			return nil, found(result.Unknown, []*Entry{other.write, e}, "%s and %s wrote the same %s: values must be unique",
				other.write.name(), e.name(), e.value())
		}
		c := &cluster{write: e}
		byValue[e.Value] = c
		all = append(all, c)
	}
	for _, e := range ops {
		if e.Op != protocols.Read || e.Outcome == Pending {
			continue
		}
		c := bottom
		if !e.Bottom {
			c = byValue[e.Value]
		}
		if c == nil {
			return nil, found(result.Violation, []*Entry{e}, "%s returned %s, which nobody wrote", e.name(), e.value())
		}
		c.reads = append(c.reads, e)
	}
	return slices.DeleteFunc(all, func(c *cluster) bool {
		return c.write != nil && c.write.Outcome == Pending && len(c.reads) == 0
	}), nil
}

// value names the cluster's value.
func (c *cluster) value() string {
	if c.write == nil {
		return "⊥"
	}
	return c.write.value()
}

// ops yields the cluster's operations.
func (c *cluster) ops() []*Entry {
	if c.write == nil {
		return c.reads
	}
	return append([]*Entry{c.write}, c.reads...)
}

// witness is one operation that shows the value, if there is any.
func (c *cluster) witness() []*Entry {
	ops := c.ops()
	return slices.Clone(ops[:min(1, len(ops))])
}

// Concurrency returns the share of the operations that ended in [from, to], in ns, which overlap another operation on
// their key; 0 if none ended then. Pending operations are left out, as how long they lasted is unknown. The history comes in parts,
// each with all operations of its keys.
func Concurrency(parts iter.Seq[[]Entry], from, to int64) float64 {
	ended, overlapping := 0, 0
	for entries := range parts {
		completed := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Outcome != OK })
		for _, ops := range byKey(completed) {
			latest := beforeAll // the latest end of the operations that started earlier
			for i, e := range ops {
				meets := latest >= e.Start || i+1 < len(ops) && ops[i+1].Start <= e.End
				latest = max(latest, e.End)
				if e.End < from || e.End > to {
					continue
				}
				ended++
				if meets {
					overlapping++
				}
			}
		}
	}
	if ended == 0 {
		return 0
	}
	return float64(overlapping) / float64(ended)
}
