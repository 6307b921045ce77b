// Package history is what a server of [15]'s register keeps of a key: which numbers were written into which register, and which of them
// with marks in T. It forgets what lies behind a window, and the registers of readers that are too many.
//
// The marks themselves are kept apart, by number. A history is stored anew with each request that changes it, and a liar may
// have the writer put hundreds of marks into each T: so what is stored for an operation does not grow with the WRITEs before
// it.
//
// It imports nothing of ours; gv, its tests and attacks import it.
package history

import (
	"cmp"
	"slices"
)

// Writer owns the register 0; reader p owns the register p.
const Writer = 0

// Ts are those of one number in several registers, which a server keeps apart from the history.
type Ts []T //nolint:staticcheck // the plural of T, no acronym

// T is what came with a number into the owner's register.
type T struct {
	Owner uint64
	Marks []Mark
}

// Of is the marks of the number in the owner's register.
func (ts Ts) Of(owner uint64) []Mark {
	at := slices.IndexFunc(ts, func(t T) bool { return t.Owner == owner })
	if at < 0 {
		return nil
	}
	return ts[at].Marks
}

// History is what a server keeps of a key, apart from the values.
type History struct {
	Complete  uint64 // the highest number of a WRITE that is known to be complete
	Horizon   uint64 // numbers up to it are removed: values and spans
	Evicted   uint64 // the highest number of a register that was removed
	Registers []Register
}

// Register is one of the registers, by owner; the writer's has the first place.
type Register struct {
	Owner   uint64
	Number  uint64 // of the last SHOW of a reader's
	Reading bool   // that READ has not written back
	Spans   []Span
	Marked  []Span // those of Spans that have marks
	Early   Span   // what was written before its value came; none has the numbers 0
}

// Forgot is the number up to which something may be missing.
func (h *History) Forgot() uint64 { return max(h.Horizon, h.Evicted) }

// Learn takes note of a WRITE that is complete, and removes what lies more than the window behind. It returns the numbers
// whose values and marks go, at most as many as the window has at a time.
func (h *History) Learn(complete, window uint64) (gone []uint64) {
	h.Complete = max(h.Complete, complete)
	for h.Complete > h.Horizon+window && uint64(len(gone)) < window {
		h.Horizon++
		gone = append(gone, h.Horizon)
	}
	if len(gone) == 0 {
		return nil
	}
	for i := range h.Registers {
		r := &h.Registers[i]
		r.Spans, r.Marked = after(r.Spans, h.Horizon), after(r.Marked, h.Horizon)
	}
	h.Registers = slices.DeleteFunc(h.Registers, func(r Register) bool {
		return r.Owner != Writer && !r.Reading && len(r.Spans) == 0 && r.Early.To <= h.Horizon
	})
	return gone
}

// Of is the owner's register, which is made if there is none. It is nil if there are as many as may be and none can go.
func (h *History) Of(owner, readers uint64) *Register {
	at, found := h.find(owner)
	if found {
		return &h.Registers[at]
	}
	if owner != Writer && !h.makeRoom(readers) {
		return nil
	}
	at, _ = h.find(owner)
	h.Registers = slices.Insert(h.Registers, at, Register{Owner: owner})
	return &h.Registers[at]
}

func (h *History) find(owner uint64) (at int, found bool) {
	return slices.BinarySearchFunc(h.Registers, owner, func(r Register, o uint64) int { return cmp.Compare(r.Owner, o) })
}

// makeRoom removes a reader's register if there are as many as may be: of one that is not in a READ if possible, the one
// whose last number is lowest. The WRITE of that number must be complete, so that what is removed is in the writer's
// register too, and a READ that has heard of it (U6).
func (h *History) makeRoom(readers uint64) bool {
	all := slices.DeleteFunc(slices.Clone(h.Registers), func(r Register) bool { return r.Owner == Writer })
	if uint64(len(all)) < readers {
		return true
	}
	oldest := slices.MinFunc(all, func(a, b Register) int {
		if a.Reading != b.Reading {
			return map[bool]int{true: 1, false: -1}[a.Reading]
		}
		return cmp.Or(cmp.Compare(top(a.Spans), top(b.Spans)), cmp.Compare(a.Owner, b.Owner))
	})
	if top(oldest.Spans) > h.Complete {
		return false
	}
	h.Evicted = max(h.Evicted, top(oldest.Spans))
	h.Registers = slices.DeleteFunc(h.Registers, func(r Register) bool { return r.Owner == oldest.Owner })
	return true
}

// Write notes that the number is written into the register, and whether with marks. It is false if the number is there already:
// the T that came first stays.
func (r *Register) Write(num uint64, marked bool) (added bool) {
	if r.Has(num) {
		return false
	}
	r.Spans = add(r.Spans, num)
	if marked {
		r.Marked = add(r.Marked, num)
	}
	return true
}

// Has reports whether the number is written into the register.
func (r *Register) Has(num uint64) bool {
	_, found := find(r.Spans, num)
	return found
}

// Marked leaves those T of the number that its registers have; those of registers that have gone are dropped.
func (h *History) Marked(num uint64, ts Ts) Ts {
	return slices.DeleteFunc(ts, func(t T) bool {
		at, found := h.find(t.Owner)
		if found {
			_, found = find(h.Registers[at].Marked, num)
		}
		return !found
	})
}

// Reading is the readers that are in SHOW here.
func (h *History) Reading() (all []Mark) {
	for _, r := range h.Registers {
		if r.Reading {
			all = append(all, Mark{Reader: r.Owner, Number: r.Number})
		}
	}
	return all
}

// Top is the highest number written in any register.
func (h *History) Top() (num uint64) {
	for _, r := range h.Registers {
		num = max(num, top(r.Spans))
	}
	return num
}

// Tell is what the reader is told: what is written from the number least on, with its own marks after the number of its LOOK.
// The T of a number are asked for.
func (h *History) Tell(reader, number, least uint64, tsOf func(num uint64) (Ts, error)) (all Told, err error) {
	for _, r := range h.Registers {
		told := Spans{Owner: r.Owner}
		told.Spans, err = r.from(least, func(num uint64) ([]Mark, error) {
			ts, err := tsOf(num)
			return slices.DeleteFunc(ts.Of(r.Owner), func(m Mark) bool { return m.Reader != reader || m.Number <= number }), err
		})
		if err != nil {
			return nil, err
		}
		if len(told.Spans) > 0 {
			all = append(all, told)
		}
	}
	return all, nil
}

// from is what is written into the register from the number least on, with its marks. A span that has none is told whole, whatever it
// has below.
func (r *Register) from(least uint64, marksOf func(num uint64) ([]Mark, error)) (told []Span, err error) {
	for _, s := range r.Spans {
		if s.To < least {
			continue
		}
		if len(r.Marked) == 0 {
			told = append(told, s)
			continue
		}
		for num := max(s.From, least); num <= s.To; num++ {
			one := Span{From: num, To: num}
			if _, marked := find(r.Marked, num); marked {
				if one.Marks, err = marksOf(num); err != nil {
					return nil, err
				}
			}
			told = join(told, one)
		}
	}
	return told, nil
}
