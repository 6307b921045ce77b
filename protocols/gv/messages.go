package gv

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// theWriter owns the register 0; reader p owns the register p. It is the process id in all timestamps too, plus one: there is
// one writer, and numbers alone order its values.
const theWriter = 0

// timestamp is that of the writer's value of the number; ts0 for 0.
func timestamp(num uint64) (ts protocols.Timestamp) {
	if num > 0 {
		ts = protocols.Timestamp{Num: num, PID: theWriter + 1}
	}
	return ts
}

// A Mark says that the server had seen the number of a READ's round when a value was pre-written there. T of a value is a
// list of marks, which needs no others than those of READs that were in SHOW then (U1).
type Mark struct {
	Server uint64 // 0-based
	Reader uint64 // process id
	Number uint64
}

// A Span is the numbers From … To of values that were written. Marks are those of T; a span with marks is of one number.
type Span struct {
	From, To uint64
	Marks    []Mark
}

// Spans of one register, in ascending order.
type Spans struct {
	Owner uint64
	Spans []Span
}

// A Part is a value in a reply's payload, where values lie one after the other.
type Part struct{ Num, Length uint64 }

// The bodies. Values travel beside them, as the payload of PreWrite and View. A reply that is Full says
// that the server has stored nothing: the key has as many readers as it may have (U6).
type (
	// PreWrite brings a value to the owner's register. Complete is the number of a WRITE that is known to be complete.
	PreWrite struct{ Owner, Num, Complete uint64 }
	// PreWritten answers PreWrite: the readers that are in SHOW at this server, and the number of their round. Server is
	// filled in by who receives it. Written says that Write has come too.
	PreWritten struct {
		Reading       []Mark
		Written, Full bool
	}
	// Write says that a quorum has the value, with T.
	Write struct {
		Owner, Num uint64
		Marks      []Mark
	}
	// Written answers Write. Early says that PreWrite has not come, so that nothing is written yet (U4).
	Written struct{ Early, Full bool }
	// Look asks for all that is written in any register, and for the value of the highest number. Number is the round's.
	Look struct{ Reader, Number uint64 }
	// Show asks for what is written from the number Least on, and for the values of Want. Its round has the number that
	// follows Number, which is that of the READ's Look.
	Show struct {
		Reader, Number, Least uint64
		Want                  []uint64
	}
	// View answers Look and Show: spans of all registers, by owner, with those marks alone that are of the reader and higher
	// than Number. What is written in numbers up to Forgot may be missing. Parts are the values in the payload.
	View struct {
		Registers []Spans
		Forgot    uint64
		Parts     []Part
		Full      bool
	}
)

// The kinds of messages are numbered in the order of the rounds of a WRITE, and then of a READ.

func (*PreWrite) Kind() protocols.Kind   { return 1 }
func (*PreWritten) Kind() protocols.Kind { return 2 }
func (*Write) Kind() protocols.Kind      { return 3 }
func (*Written) Kind() protocols.Kind    { return 4 }
func (*Look) Kind() protocols.Kind       { return 5 }
func (*Show) Kind() protocols.Kind       { return 6 }
func (*View) Kind() protocols.Kind       { return 7 }

var newBody = wire.Bodies(&PreWrite{}, &PreWritten{}, &Write{}, &Written{}, &Look{}, &Show{}, &View{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// ErrReaders ends a READ of a key that has more readers than servers admit.
var ErrReaders = errors.New("the key has as many readers as its servers admit, each with a value newer than the last WRITE " +
	"that is known to be complete: let fewer clients read it, or read again after the next WRITE")

// issuable reports whether the writer can have issued the number.
func issuable(num uint64) bool { return num > 0 && num < math.MaxUint64 }

// areMarks reports whether correct servers can have told the marks.
func (p params) areMarks(marks []Mark) bool {
	return len(marks) <= p.is.Servers*int(p.readers) && !slices.ContainsFunc(marks, func(m Mark) bool {
		return m.Server >= uint64(p.is.Servers) || m.Reader == 0 || m.Number == 0
	})
}

// wellFormed reports whether a correct server can have answered so to the reader's Look of that number, or its Show.
func (p params) wellFormed(v *View, reader, number uint64, payload []byte) bool {
	for i, r := range v.Registers {
		if i > 0 && r.Owner <= v.Registers[i-1].Owner || len(r.Spans) == 0 {
			return false
		}
		last := uint64(0)
		for _, s := range r.Spans {
			if s.From <= last || s.To < s.From || !issuable(s.To) || !p.areTheReaders(s, reader, number) {
				return false
			}
			last = s.To
		}
	}
	length := uint64(0)
	for _, part := range v.Parts {
		if part.Length > protocols.MaxValueBytes {
			return false
		}
		length += part.Length
	}
	return len(v.Registers) <= 1+int(p.readers) && length == uint64(len(payload))
}

// areTheReaders reports whether the span's marks are of the reader's rounds after that of the number.
func (p params) areTheReaders(s Span, reader, number uint64) bool {
	return p.areMarks(s.Marks) && (len(s.Marks) == 0 || s.From == s.To) &&
		!slices.ContainsFunc(s.Marks, func(m Mark) bool { return m.Reader != reader || m.Number <= number })
}

// top is the highest number written in any register.
func (v *View) top() (num uint64) {
	for _, r := range v.Registers {
		num = max(num, r.Spans[len(r.Spans)-1].To)
	}
	return num
}

// of is the span of the owner's register that has the number.
func (v *View) of(owner, num uint64) (Span, bool) {
	at, found := slices.BinarySearchFunc(v.Registers, owner, func(r Spans, o uint64) int { return cmp.Compare(r.Owner, o) })
	if !found {
		return Span{}, false
	}
	return find(v.Registers[at].Spans, num)
}
