package history

import (
	"cmp"
	"slices"
)

// pageEntries is the number of entries a Log allocates at once: about half a megabyte.
const pageEntries = 4096

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
	if last < 0 || len(l.pages[last]) == pageEntries {
		l.pages = append(l.pages, make([]Entry, 0, pageEntries))
		last++
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
