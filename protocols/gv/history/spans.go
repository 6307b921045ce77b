package history

import (
	"cmp"
	"slices"
)

// A Mark says that the server had seen the number of a READ's round when a value was pre-written there. T of a value is a
// list of marks, which needs no others than those of READs that were in SHOW then (U1).
type Mark struct {
	Server uint64 // 0-based
	Reader uint64 // process id
	Number uint64
}

// A Span is the numbers From … To of values that were written. Marks are those of T; a span with marks is of one number. In a
// history no span has marks but an early one.
type Span struct {
	From, To uint64
	Marks    []Mark
}

// Spans of one register, in ascending order.
type Spans struct {
	Owner uint64
	Spans []Span
}

// Told is what a READ is told: the spans of all registers, by owner.
type Told []Spans

// InOrder reports whether owners, and the numbers of each, ascend, and no register is empty.
func (t Told) InOrder() bool {
	for i, r := range t {
		if i > 0 && r.Owner <= t[i-1].Owner || len(r.Spans) == 0 {
			return false
		}
		last := uint64(0)
		for _, s := range r.Spans {
			if s.From <= last || s.To < s.From {
				return false
			}
			last = s.To
		}
	}
	return true
}

// Top is the highest number written in any register.
func (t Told) Top() (num uint64) {
	for _, r := range t {
		num = max(num, top(r.Spans))
	}
	return num
}

// Of is the span of the owner's register that has the number.
func (t Told) Of(owner, num uint64) (Span, bool) {
	at, found := slices.BinarySearchFunc(t, owner, func(r Spans, o uint64) int { return cmp.Compare(r.Owner, o) })
	if !found {
		return Span{}, false
	}
	return find(t[at].Spans, num)
}

// join appends a span that follows all others, as part of the last one if it can be.
func join(spans []Span, next Span) []Span {
	if n := len(spans) - 1; n >= 0 && len(spans[n].Marks) == 0 && len(next.Marks) == 0 && spans[n].To+1 == next.From {
		spans[n].To = next.To
		return spans
	}
	return append(spans, next)
}

// add adds a number that is not there.
func add(spans []Span, num uint64) (all []Span) {
	at, _ := slices.BinarySearchFunc(spans, num, func(s Span, num uint64) int { return cmp.Compare(s.To, num) })
	for _, s := range slices.Insert(slices.Clone(spans), at, Span{From: num, To: num}) {
		all = join(all, s)
	}
	return all
}

// after is what of the spans lies after the number.
func after(spans []Span, num uint64) (left []Span) {
	for _, s := range spans {
		if s.From = max(s.From, num+1); s.From <= s.To {
			left = append(left, s)
		}
	}
	return left
}

// find is the span that has the number.
func find(spans []Span, num uint64) (Span, bool) {
	at, _ := slices.BinarySearchFunc(spans, num, func(s Span, num uint64) int { return cmp.Compare(s.To, num) })
	if at == len(spans) || spans[at].From > num {
		return Span{}, false
	}
	return spans[at], true
}

// Top is the highest number in the spans, 0 if there is none.
func top(spans []Span) uint64 {
	if len(spans) == 0 {
		return 0
	}
	return spans[len(spans)-1].To
}
