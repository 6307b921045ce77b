package history

import (
	"cmp"
	"slices"
	"sort"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// The checkers of what is weaker than linearizability.
const (
	regularChecker = "regular"
	safeChecker    = "safe"
)

// CheckAs checks a history for what its protocol promises.
func CheckAs(entries []Entry, promise protocols.Consistency) Report {
	switch promise {
	case protocols.Regular:
		return Regular(entries)
	case protocols.Safe:
		return Safe(entries)
	}
	return Check(entries)
}

// Regular checks a history for regularity, in O(n log n): a READ returns a value whose WRITE began before the READ ended, and
// which no WRITE replaced for sure before the READ began. (Lamport's regular register for one writer; for many, the weak form of
// Shao, Welch, Pierce and Lee, Multiwriter consistency conditions for shared memory registers, SIAM J. Comput. 40(1), 2011.)
// Unlike in a linearizable history, READs that overlap a WRITE may disagree about its order, each by itself.
func Regular(entries []Entry) Report { return judge(regularChecker, entries, clustered(checkRegular)) }

// Safe checks a history for safety: a READ that overlaps no WRITE of its key returns what a regular register would. Others may
// return anything, even what nobody wrote.
func Safe(entries []Entry) Report { return judge(safeChecker, entries, checkSafe) }

func checkRegular(clusters []*cluster) *finding {
	var writes []*Entry
	for _, c := range clusters {
		if c.write != nil {
			writes = append(writes, c.write)
		}
	}
	o := newOrder(writes)
	for _, c := range clusters {
		for _, r := range c.reads {
			if f := o.check(r, c.write); f != nil {
				return f
			}
		}
	}
	return nil
}

// checkSafe checks the READs without a WRITE beside them.
func checkSafe(ops []*Entry) *finding {
	var writes []*Entry
	for _, e := range ops {
		if e.Op == protocols.Write {
			writes = append(writes, e)
		}
	}
	kept := slices.DeleteFunc(slices.Clone(ops), func(e *Entry) bool {
		return e.Op == protocols.Read && (e.Outcome == Pending || slices.ContainsFunc(writes, func(w *Entry) bool {
			return !w.before(e) && !e.before(w)
		}))
	})
	return clustered(checkRegular)(kept)
}

// An order knows which WRITEs are over at an instant, and which of them began last.
type order struct {
	byEnd  []*Entry // the WRITEs that ended
	latest []*Entry // of those up to each, the one that began last
}

func newOrder(writes []*Entry) order {
	o := order{byEnd: slices.DeleteFunc(slices.Clone(writes), func(w *Entry) bool { return w.Outcome == Pending })}
	slices.SortFunc(o.byEnd, func(a, b *Entry) int { return cmp.Compare(a.End, b.End) })
	for i, w := range o.byEnd {
		if i > 0 && o.latest[i-1].Start >= w.Start {
			w = o.latest[i-1]
		}
		o.latest = append(o.latest, w)
	}
	return o
}

// check finds out why the READ cannot have returned what the WRITE wrote; nil is the WRITE of ⊥.
func (o order) check(r, w *Entry) *finding {
	if w != nil && r.before(w) {
		return found(result.Violation, []*Entry{r, w}, "%s returned %s and ended before %s of it started", r.name(), w.value(), w.name())
	}
	over := sort.Search(len(o.byEnd), func(i int) bool { return o.byEnd[i].End >= r.Start }) // so many ended before it began
	if over == 0 {
		return nil
	}
	replaced := o.latest[over-1]
	switch {
	case w == nil:
		return found(result.Violation, []*Entry{replaced, r}, "%s returned ⊥, but %s of %s had ended before it started",
			r.name(), replaced.name(), replaced.value())
	case w.before(replaced):
		return found(result.Violation, []*Entry{w, replaced, r}, "%s returned %s, but %s of %s began when that had been written, "+
			"and had ended before the READ started", r.name(), w.value(), replaced.name(), replaced.value())
	}
	return nil
}
