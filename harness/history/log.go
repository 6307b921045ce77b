package history

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// The number of entries that a Log allocates at once: few at first, as most of a simulator's logs stay short, and each
// time twice as many, to about half a megabyte.
const (
	firstEntries = 16
	pageEntries  = 4096
)

// A Log records the operations of one client. Its owner is one goroutine.
type Log struct {
	client uint64
	pages  [][]Entry // entries never move, so that Begin can hand out pointers and a long run never copies
}

// NewLog returns the empty log of a client.
func NewLog(client uint64) *Log { return &Log{client: client} }

// Begin records an operation that starts: Seq, Key, Op and Start are the caller's, and a write's Value. It is pending
// until Complete is called on what Begin returns; an operation that is given up just stays as it is.
func (l *Log) Begin(e Entry) *Entry {
	last := len(l.pages) - 1
	if last < 0 || len(l.pages[last]) == cap(l.pages[last]) {
		last++
		l.pages = append(l.pages, make([]Entry, 0, min(firstEntries<<min(last, 8), pageEntries)))
	}
	e.Client, e.End, e.Outcome = l.client, Forever, Pending
	l.pages[last] = append(l.pages[last], e)
	return &l.pages[last][len(l.pages[last])-1]
}

// Merge returns the entries of all logs in the order of their start. The logs' clients must have stopped.
func Merge(logs ...*Log) []Entry {
	entries := NewMerging(logs...).Next(math.MaxInt)
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Start, b.Start) }) // a clock may have been set back
	return entries
}

// A Merging hands out the entries of logs, some at a time, so that there is no copy of them all: by their start, where those of each
// log are in that order.
type Merging struct{ rest []*remainder } // a heap, by the start of the next entry

// NewMerging begins with the first entry. The logs' clients must have stopped.
func NewMerging(logs ...*Log) *Merging {
	m := &Merging{}
	for i, l := range logs {
		if len(l.pages) > 0 {
			m.rest = append(m.rest, &remainder{slices.Clone(l.pages), i})
		}
	}
	heap.Init(m)
	return m
}

// Next is the next entries, up to so many; none if there are no more.
func (m *Merging) Next(most int) []Entry {
	var some []Entry
	for len(some) < most && len(m.rest) > 0 {
		first := m.rest[0]
		some = append(some, *first.next())
		if first.drop(); len(first.pages) == 0 {
			heap.Pop(m)
		} else {
			heap.Fix(m, 0)
		}
	}
	return some
}

// A remainder is what of a log has not been handed out. No page is empty.
type remainder struct {
	pages [][]Entry
	log   int // its place among the logs, which decides where starts are the same
}

func (r *remainder) next() *Entry { return &r.pages[0][0] }

func (r *remainder) drop() {
	if r.pages[0] = r.pages[0][1:]; len(r.pages[0]) == 0 {
		r.pages = r.pages[1:]
	}
}

// Len implements heap.Interface.
func (m *Merging) Len() int { return len(m.rest) }

// Less implements heap.Interface.
func (m *Merging) Less(i, j int) bool {
	a, b := m.rest[i], m.rest[j]
	return cmp.Or(cmp.Compare(a.next().Start, b.next().Start), cmp.Compare(a.log, b.log)) < 0
}

// Swap implements heap.Interface.
func (m *Merging) Swap(i, j int) { m.rest[i], m.rest[j] = m.rest[j], m.rest[i] }

// Push implements heap.Interface.
func (m *Merging) Push(x any) { m.rest = append(m.rest, x.(*remainder)) }

// Pop implements heap.Interface.
func (m *Merging) Pop() any {
	last := m.rest[len(m.rest)-1]
	m.rest = m.rest[:len(m.rest)-1]
	return last
}
