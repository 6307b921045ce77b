package history

import (
	"cmp"
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
	var entries []Entry
	for _, l := range logs {
		for _, page := range l.pages {
			entries = append(entries, page...)
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Start, b.Start) })
	return entries
}
