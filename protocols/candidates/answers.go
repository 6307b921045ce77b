package candidates

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// An Entry is the part of a history entry that a server tells readers, without the fragment.
type Entry[E any] interface {
	comparable // the zero value is none
	// Same reports whether both stem from the same STORE.
	Same(E) bool
	// Checksum is the entry's cross-checksum.
	Checksum() dispersal.CrossChecksum
}

// An Answer is W[i]: what server i said of its highest valid candidate (lines 46 and 133).
type Answer[E Entry[E]] struct {
	TS       protocols.Timestamp
	Entry    E // zero if the server holds none, or its fragment is wrong
	Fragment []byte
	// Missing says that the fragment is still to come.
	Missing bool
	// Pruned is the highest timestamp of which the server may have had an entry that it has pruned.
	Pruned protocols.Timestamp

	right bool // the fragment was found to match the entry
}

// Answers is W with R, the servers that have answered: the answers to one FILTER.
type Answers[E Entry[E]] struct {
	Params
	W []*Answer[E] // by server; nil for those that have not answered

	count int // |R|
}

// NewAnswers returns the answers to a FILTER that begins.
func NewAnswers[E Entry[E]](p Params) *Answers[E] {
	return &Answers[E]{Params: p, W: make([]*Answer[E], p.Servers())}
}

// Add takes the answer of a server: the first one, as no operation gets another.
func (w *Answers[E]) Add(server int, a Answer[E]) {
	w.W[server] = &a
	w.count++
}

// Enough reports whether a quorum has answered.
func (w *Answers[E]) Enough() bool { return w.count >= w.Quorum() }

// Invalid reports whether a quorum answered with timestamps lower than the candidate's (lines 81 and 150). The t+1
// correct servers that hold a valid candidate never do, unless they have pruned it; so no valid one is excluded.
func (w *Answers[E]) Invalid(ts protocols.Timestamp) bool {
	lower := 0
	for _, a := range w.W {
		if a != nil && a.TS.Less(ts) && a.Pruned.Less(ts) {
			lower++
		}
	}
	return lower >= w.Quorum()
}

// Exclude drops the invalid candidates of the set.
func Exclude[C Stamped, E Entry[E]](set []C, w *Answers[E]) []C {
	return slices.DeleteFunc(set, func(c C) bool { return w.Invalid(c.Stamp()) })
}

// Safe looks for t+1 servers that answered with the timestamp and the same entry, and for as many right fragments among
// theirs as restore the value (lines 77 to 79 and 158). It returns the entry and those fragments, by server; ok is false
// if there are none. One of the servers is correct, so the entry is as the writer stored it.
func (w *Answers[E]) Safe(ts protocols.Timestamp) (entry E, fragments [][]byte, ok bool) {
	for _, a := range w.W {
		if !w.held(a) || !a.TS.Equal(ts) {
			continue
		}
		entry := a.Entry
		if fragments, ok := w.rightFragments(entry); ok {
			return entry, fragments, true
		}
	}
	return entry, nil, false
}

// rightFragments returns enough right fragments of the entry, if t+1 servers sent it. A READ computes hashes more than
// anything else, so no more fragments are hashed than needed, data before parity.
func (w *Answers[E]) rightFragments(entry E) (fragments [][]byte, ok bool) {
	senders := w.Senders(entry)
	if len(senders) < w.T+1 {
		return nil, false
	}
	fragments = make([][]byte, w.Servers())
	enough := w.Data.Enough()
	for _, i := range senders {
		if !w.check(i) {
			continue
		}
		fragments[i] = w.W[i].Fragment
		if enough--; enough == 0 {
			return fragments, true
		}
	}
	return nil, false
}

// Senders are the servers that sent the entry.
func (w *Answers[E]) Senders(entry E) (servers []int) {
	for i, a := range w.W {
		if w.held(a) && a.Entry.Same(entry) {
			servers = append(servers, i)
		}
	}
	return servers
}

// check hashes the fragment of a sender, once, and disowns the entry of one that sent a wrong fragment.
func (w *Answers[E]) check(server int) bool {
	a := w.W[server]
	if !a.right && !a.Missing {
		if a.right = w.Data.Right(a.Entry.Checksum(), server, a.Fragment); !a.right {
			a.Entry = *new(E)
		}
	}
	return a.right
}

// held reports whether a server has answered with an entry.
func (w *Answers[E]) held(a *Answer[E]) bool { return a != nil && a.Entry != *new(E) }
