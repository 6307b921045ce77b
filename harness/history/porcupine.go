package history

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// Bounds of porcupine's memory. It keeps a set of operations for every new state of its search: a bit for each
// operation, and some overhead.
const (
	maxSearched    = 20_000  // operations on one key; 50 MB even if the first order tried is one
	maxSearchBytes = 1 << 30 // when it is reached the search waits for its time to run out
	stateBytes     = 256
)

// Porcupine checks a history by search for a linear order, with the porcupine library: independent of the other
// checkers, and the only one for histories in which a value is written more than once. The search may take a time
// exponential in the number of concurrent operations. Timeout, more than 0, bounds it: of a history without a verdict
// by then the verdict is result.Unknown.
func Porcupine(entries []Entry, timeout time.Duration) Report {
	deadline := time.Now().Add(timeout)
	keys := len(byKey(entries))
	return judge(PorcupineChecker, entries, func(ops []*Entry) *finding {
		share := time.Until(deadline) / time.Duration(keys) // what a key leaves of its share goes to the others
		keys--
		return search(ops, time.Now().Add(share))
	})
}

// search looks for a linear order of the operations on one key.
func search(ops []*Entry, deadline time.Time) *finding {
	if len(ops) > maxSearched {
		return found(result.Unknown, nil, "not verified: %d operations, porcupine takes at most %d on a key", len(ops),
			maxSearched)
	}
	switch searchOrder(ops, deadline) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return found(result.Unknown, nil, "not verified: porcupine ran out of time")
	}
	last := firstContradiction(ops, deadline)
	if last == nil {
		return found(result.Violation, nil, "porcupine found no linear order of its %d operations", len(ops))
	}
	return found(result.Violation, upTo(ops, last), "when %s of %s ended, there was no linear order anymore",
		last.name(), last.value())
}

// searchOrder runs porcupine until the deadline.
func searchOrder(ops []*Entry, deadline time.Time) porcupine.CheckResult {
	left := time.Until(deadline)
	if left <= 0 {
		return porcupine.Unknown // to porcupine, no time is no bound
	}
	known := operations(relevant(ops))
	return porcupine.CheckOperationsTimeout(bounded(register, len(known)), known, left)
}

// bounded returns a model for one search through n operations. The search stands still when it has taken all steps that
// its memory allows, because only time stops porcupine.
func bounded(m porcupine.Model, n int) porcupine.Model {
	left := maxSearchBytes / (n/8 + stateBytes)
	m.StepContext = func(ctx context.Context, state, input, output any) (bool, any) {
		possible, next := m.Step(state, input, output)
		if possible {
			left--
		}
		if left < 0 {
			<-ctx.Done()
		}
		return possible, next
	}
	return m
}

// firstContradiction returns the operation with whose end the history stopped being linearizable, or nil if the
// deadline does not leave the time to find it. Every beginning of a linearizable history is linearizable.
func firstContradiction(ops []*Entry, deadline time.Time) *Entry {
	ended := slices.DeleteFunc(slices.Clone(ops), func(e *Entry) bool { return e.Outcome == Pending })
	slices.SortStableFunc(ended, func(a, b *Entry) int { return cmp.Compare(a.End, b.End) })
	timely := true
	i := sort.Search(len(ended), func(i int) bool {
		result := searchOrder(beginning(ops, ended[i].End), deadline)
		timely = timely && result != porcupine.Unknown
		return result == porcupine.Illegal
	})
	if !timely || i == len(ended) {
		return nil
	}
	return ended[i]
}

// beginning returns the operations as they were known at an instant.
func beginning(ops []*Entry, until int64) []*Entry {
	var known []*Entry
	for _, e := range ops {
		if e.Start > until {
			continue
		}
		if e.End > until {
			pending := *e
			pending.End, pending.Outcome = Forever, Pending
			e = &pending
		}
		known = append(known, e)
	}
	return known
}

// involvedBySearch is the number of operations that explain a contradiction that the search found.
const involvedBySearch = 8

// upTo returns the last operations that had started when e ended, e among them.
func upTo(ops []*Entry, e *Entry) []*Entry {
	known := slices.DeleteFunc(slices.Clone(ops), func(o *Entry) bool { return o == e || o.Start > e.End })
	return append(known[max(0, len(known)-involvedBySearch+1):], e)
}

// relevant leaves out pending reads, and pending writes of values that no operation found: they cannot matter and would
// widen the search. A compare-and-set that was refused may have found any value.
func relevant(ops []*Entry) []*Entry {
	found, refused := make(map[workloads.ID]bool), false
	for _, e := range ops {
		switch {
		case e.returned():
			found[e.Value] = true
		case e.Op == CAS:
			found[e.Foreign.Was] = true
			refused = refused || e.Foreign.Refused
		}
	}
	return slices.DeleteFunc(slices.Clone(ops), func(e *Entry) bool {
		return e.Outcome == Pending && (e.Op == protocols.Read || !refused && !found[e.Value])
	})
}

// operations are the entries as porcupine takes them: the entry is the input, its outputs included.
func operations(ops []*Entry) []porcupine.Operation {
	all := make([]porcupine.Operation, len(ops))
	for i, e := range ops {
		all[i] = porcupine.Operation{Input: e, Call: e.Start, Return: e.End}
	}
	return all
}

// register models a register whose operations come one after another. Its state is the content.
var register = porcupine.Model{
	Init: func() any { return content{bottom: true} },
	Step: func(state, input, _ any) (bool, any) {
		e, c := input.(*Entry), state.(content)
		switch {
		case e.Op == protocols.Write:
			return true, content{value: e.Value, label: e.Label}
		case e.Op == CAS && e.Foreign.Refused && e.Outcome == OK:
			return c.value != e.Foreign.Was, state
		case e.Op == CAS && c.value == e.Foreign.Was:
			return true, content{value: e.Value, label: e.Label}
		case e.Op == CAS: // one that is pending may have found another value
			return e.Outcome == Pending, state
		}
		return e.Outcome == Pending || c.bottom == e.Bottom && c.value == e.Value, state
	},
	Hash: func(state any) uint64 {
		c := state.(content)
		return c.value.Client*31 + c.value.Seq
	},
}

// content is the value that a register holds.
type content struct {
	value  workloads.ID
	bottom bool
	label  string // of the value
}

func (c content) String() string {
	e := Entry{Value: c.value, Bottom: c.bottom, Label: c.label}
	return e.value()
}
