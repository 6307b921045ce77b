package gv

import (
	"errors"
	"math"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/gv/history"
	"github.com/powbench/powbench/protocols/wire"
)

// timestamp is that of the writer's value of the number; ts0 for 0. Its process id is the writer's register, plus one: there is one
// writer, and numbers alone order its values.
func timestamp(num uint64) (ts protocols.Timestamp) {
	if num > 0 {
		ts = protocols.Timestamp{Num: num, PID: history.Writer + 1}
	}
	return ts
}

type (
	// Mark is a server's word that a READ was under way when a value came.
	Mark = history.Mark
	// Span is a run of numbers whose values were written.
	Span = history.Span
	// Spans are those of one register.
	Spans = history.Spans
)

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
		Registers history.Told
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
	if !v.Registers.InOrder() {
		return false
	}
	for _, r := range v.Registers {
		if slices.ContainsFunc(r.Spans, func(s Span) bool { return !issuable(s.To) || !p.areTheReaders(s, reader, number) }) {
			return false
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
