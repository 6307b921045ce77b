package gv

import (
	"cmp"
	"slices"
)

// history is what a server keeps of a key, apart from the values.
type history struct {
	Complete  uint64 // the highest number of a WRITE that is known to be complete
	Horizon   uint64 // numbers up to it are removed: values and spans
	Evicted   uint64 // the highest number of a register that was removed
	Registers []register
}

// register is one of the registers, by owner; the writer's has the first place.
type register struct {
	Owner   uint64
	Number  uint64 // of the last SHOW of a reader's
	Reading bool   // that READ has not written back
	Spans   []Span
	Early   Span // what was written before its value came; none has the numbers 0
}

// forgot is the number up to which something may be missing.
func (h *history) forgot() uint64 { return max(h.Horizon, h.Evicted) }

// learn takes note of a WRITE that is complete, and removes what lies more than the window behind. It returns the numbers
// whose values go, at most as many as the window has at a time.
func (h *history) learn(complete, window uint64) (gone []uint64) {
	h.Complete = max(h.Complete, complete)
	for h.Complete > h.Horizon+window && uint64(len(gone)) < window {
		h.Horizon++
		gone = append(gone, h.Horizon)
	}
	if len(gone) == 0 {
		return nil
	}
	for i := range h.Registers {
		h.Registers[i].Spans = after(h.Registers[i].Spans, h.Horizon)
	}
	h.Registers = slices.DeleteFunc(h.Registers, func(r register) bool {
		return r.Owner != theWriter && !r.Reading && len(r.Spans) == 0
	})
	return gone
}

// of is the owner's register, which is made if there is none. It is nil if there are as many as may be and none can go.
func (h *history) of(owner, readers uint64) *register {
	at, found := h.find(owner)
	if found {
		return &h.Registers[at]
	}
	if owner != theWriter && !h.makeRoom(readers) {
		return nil
	}
	at, _ = h.find(owner)
	h.Registers = slices.Insert(h.Registers, at, register{Owner: owner})
	return &h.Registers[at]
}

func (h *history) find(owner uint64) (at int, found bool) {
	return slices.BinarySearchFunc(h.Registers, owner, func(r register, o uint64) int { return cmp.Compare(r.Owner, o) })
}

// makeRoom removes a reader's register if there are as many as may be: of one that is not in a READ if possible, the one
// whose last number is lowest. The WRITE of that number must be complete, so that what is removed is in the writer's
// register too, and a READ that has heard of it (U6).
func (h *history) makeRoom(readers uint64) bool {
	all := slices.DeleteFunc(slices.Clone(h.Registers), func(r register) bool { return r.Owner == theWriter })
	if uint64(len(all)) < readers {
		return true
	}
	oldest := slices.MinFunc(all, func(a, b register) int {
		if a.Reading != b.Reading {
			return map[bool]int{true: 1, false: -1}[a.Reading]
		}
		return cmp.Or(cmp.Compare(top(a.Spans), top(b.Spans)), cmp.Compare(a.Owner, b.Owner))
	})
	if top(oldest.Spans) > h.Complete {
		return false
	}
	h.Evicted = max(h.Evicted, top(oldest.Spans))
	h.Registers = slices.DeleteFunc(h.Registers, func(r register) bool { return r.Owner == oldest.Owner })
	return true
}

// reading is the readers that are in SHOW here.
func (h *history) reading() (all []Mark) {
	for _, r := range h.Registers {
		if r.Reading {
			all = append(all, Mark{Reader: r.Owner, Number: r.Number})
		}
	}
	return all
}

// top is the highest number written in any register.
func (h *history) top() (num uint64) {
	for _, r := range h.Registers {
		num = max(num, top(r.Spans))
	}
	return num
}

// view is what the reader is told: what is written from the number least on, with its own marks after the number of its LOOK.
func (h *history) view(reader, number, least uint64) *View {
	v := &View{Forgot: h.forgot()}
	for _, r := range h.Registers {
		told := Spans{Owner: r.Owner}
		for _, s := range r.Spans {
			if s.To >= least {
				marks := slices.DeleteFunc(slices.Clone(s.Marks), func(m Mark) bool {
					return m.Reader != reader || m.Number <= number
				})
				told.Spans = join(told.Spans, Span{s.From, s.To, marks})
			}
		}
		if len(told.Spans) > 0 {
			v.Registers = append(v.Registers, told)
		}
	}
	return v
}

// join appends a span that follows all others, as part of the last one if it can be.
func join(spans []Span, next Span) []Span {
	if n := len(spans) - 1; n >= 0 && len(spans[n].Marks) == 0 && len(next.Marks) == 0 && spans[n].To+1 == next.From {
		spans[n].To = next.To
		return spans
	}
	return append(spans, next)
}

// add adds a number, unless it is there.
func add(spans []Span, num uint64, marks []Mark) (all []Span) {
	if _, found := find(spans, num); found {
		return spans
	}
	at, _ := slices.BinarySearchFunc(spans, num, func(s Span, num uint64) int { return cmp.Compare(s.To, num) })
	for _, s := range slices.Insert(slices.Clone(spans), at, Span{num, num, marks}) {
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

// top is the highest number in the spans, 0 if there is none.
func top(spans []Span) uint64 {
	if len(spans) == 0 {
		return 0
	}
	return spans[len(spans)-1].To
}
