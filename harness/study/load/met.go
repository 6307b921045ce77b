package load

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// meetings are what the load's operations of each kind met, and how large their values were.
type meetings struct {
	reads, writes         met
	readSizes, writeSizes sizes
}

// newMeetings tells it of the load of a run, by the history, whose parts have all operations of their keys.
func newMeetings(p *result.Point, parts iter.Seq[[]history.Entry], l cluster.Loaded, warmup time.Duration) (m meetings) {
	from := l.FromNs - int64(warmup+cluster.StartDelay)
	sizeOf := func(workloads.ID) int { return p.ValueBytes }
	if p.Sizes.Asked() {
		sizeOf = workloads.NewSizes(p.Seed, p.Sizes).Of
	}
	switch {
	case p.Mixed():
		m = mixed(parts, sizeOf, from, l.LastNs, l.LongestNs)
	case p.Reads():
		m.reads = newMet(parts, protocols.Read)
	case p.Alternates():
		m.writes = unseen(p.Keys, l.Write.Ops)
	default:
		m.writes = newMet(parts, protocols.Write)
	}
	if p.Sizes.Asked() {
		m.readSizes = newSizes(sizeOf, parts, protocols.Read, from, l.LastNs)
		m.writeSizes = newSizes(sizeOf, parts, protocols.Write, from, l.LastNs)
	}
	return m
}

// sizes are the shares of operations that have values of a size; nil if all have the same.
type sizes map[int]float64

// newSizes is of the operations of that kind that began from … to.
func newSizes(sizeOf func(workloads.ID) int, parts iter.Seq[[]history.Entry], op protocols.Op, from, to int64) sizes {
	all, n := sizes{}, 0.
	for entries := range parts {
		for _, e := range entries {
			if e.Op == op && e.Outcome == history.OK && !e.Bottom && e.Value != history.Corrupt && from <= e.Start && e.Start <= to {
				all[sizeOf(e.Value)]++
				n++
			}
		}
	}
	for size := range all {
		all[size] /= n
	}
	return all
}

// mean is the mean size; that given if no sizes were drawn.
func (all sizes) mean(bytes int) (mean float64) {
	if len(all) == 0 {
		return float64(bytes)
	}
	for size, share := range all {
		mean += share * float64(size)
	}
	return mean
}

// mixed is of a load of both kinds whose operations began from … to. Every key was written before, so no WRITE is the first to its
// own. When a client has its quorum, other servers may be busy with the operation for as long again as the longest of the load
// took: a READ met all WRITEs to its key that were in progress, in that sense, while it was. Servers may have told it of the values of
// all these, and of the last one before them.
func mixed(parts iter.Seq[[]history.Entry], sizeOf func(workloads.ID) int, from, to, longest int64) (m meetings) {
	var met, told, moved, more int // the last two in bytes of values
	var reads, writes lengths
	for entries := range parts {
		written := map[protocols.Key][]history.Entry{}
		var own []history.Entry // READs
		for _, e := range entries {
			of := from <= e.Start && e.Start <= to
			switch {
			case e.Op == protocols.Write:
				written[e.Key] = append(written[e.Key], e)
				if of {
					writes.add(e)
				}
			case of && e.Outcome == history.OK:
				own = append(own, e)
				reads.add(e)
			}
		}
		for _, all := range written {
			slices.SortFunc(all, func(a, b history.Entry) int { return cmp.Compare(a.Start, b.Start) })
		}
		for _, e := range own {
			size := sizeOf(e.Value)
			moved += size
			if n, bytes := meeting(e, written[e.Key], sizeOf, from, longest); n > 0 {
				met++
				told += n
				more += max(0, bytes-size)
			}
		}
	}
	m.reads.longer, m.writes.longer = reads.longer(), writes.longer()
	m.reads.share, m.reads.writes = float64(met)/reads.atLeast1(), float64(told)/reads.atLeast1()
	m.reads.more = float64(more) / float64(max(moved, 1))
	return m
}

// meeting is how many of the WRITEs, in the order of their starts, the READ met, and how many bytes the values have that servers may
// have told it of. What was written before the load began had settled.
func meeting(read history.Entry, writes []history.Entry, sizeOf func(workloads.ID) int, from, longest int64) (met, told int) {
	before, last := 0, int64(-1) // the size of the last value before, and when its WRITE ended
	for _, w := range writes {
		switch {
		case w.Start > read.End+longest:
			return met, told + before
		case w.Start >= from && w.End >= read.Start-longest:
			met, told = met+1, told+sizeOf(w.Value)
		case w.End > last:
			before, last = sizeOf(w.Value), w.End
		}
	}
	return met, told + before
}

// lengths tell by how many bytes the timestamps' numbers of operations that ended are longer than one.
type lengths struct{ operations, bytes float64 }

func (l *lengths) add(e history.Entry) {
	if e.Outcome == history.OK {
		l.operations++
		l.bytes += float64(model.NumberBytes(e.Timestamp.Num) - 1)
	}
}

func (l lengths) atLeast1() float64 { return math.Max(l.operations, 1) }

// longer is the mean.
func (l lengths) longer() float64 { return l.bytes / l.atLeast1() }

// met is what the load's operations of one kind met, which the cost of one operation by itself does not know: by the history.
type met struct {
	// longer is how many bytes more than in the model a timestamp's number took, on average: it grows with a key's WRITEs.
	longer float64
	// first is the share of WRITEs that are the first to their key, and unwritten that of those that began before any WRITE
	// of their key had ended: servers may have answered each of these as if it were the first.
	first, unwritten float64
	// share is the share of READs that met a WRITE to their key, writes how many a READ met, on average, and more how many bytes
	// servers may have told READs of beside what they returned, as a share of that.
	share, writes, more float64
}

// unseen is of WRITEs whose history lacks some: each key is likely to have been written, and any of them may have begun before
// one of its key had ended.
func unseen(keys int, writes int64) met {
	return met{first: min(1, float64(keys)/math.Max(float64(writes), 1)), unwritten: 1}
}

// newMet tells what the operations of a load of that kind met.
func newMet(parts iter.Seq[[]history.Entry], op protocols.Op) (m met) {
	var own lengths
	var first, unwritten float64
	for entries := range parts {
		ended := map[protocols.Key]int64{} // when the first WRITE of the key did
		for _, e := range entries {
			if e.Op != protocols.Write || e.Outcome != history.OK {
				continue
			}
			if at, ok := ended[e.Key]; !ok || e.End < at {
				ended[e.Key] = e.End
			}
		}
		first += float64(len(ended))
		for _, e := range entries {
			if e.Op != op || e.Outcome != history.OK {
				continue
			}
			own.add(e)
			if op == protocols.Write && e.Start <= ended[e.Key] {
				unwritten++
			}
		}
	}
	m.longer, m.unwritten = own.longer(), unwritten/own.atLeast1()
	if op == protocols.Write {
		m.first = first / own.atLeast1()
	}
	return m
}
