package cas

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

const (
	kindQuery protocols.Kind = iota + 1
	kindQueryAck
	kindPreWrite
	kindPreWriteAck
	kindFinalize
	kindFinalizeAck
)

// The bodies. Elements travel beside them, as the payload of PreWrite and FinalizeAck.
type (
	// Query asks for the highest finalized tag.
	Query struct {
		_struct bool `codec:",toarray"` //nolint:unused // read by the codec
	}
	// QueryAck answers Query. A zero tag is that of ⊥.
	QueryAck struct {
		_struct bool `codec:",toarray"` //nolint:unused // read by the codec

		TS protocols.Timestamp
	}
	// PreWrite asks to store the server's element of a value of Length bytes. Writers only.
	PreWrite struct {
		_struct bool `codec:",toarray"` //nolint:unused // read by the codec

		TS     protocols.Timestamp
		Length uint64
	}
	// PreWriteAck answers PreWrite.
	PreWriteAck struct {
		_struct bool `codec:",toarray"` //nolint:unused // read by the codec
	}
	// Finalize says that a quorum stores elements under the tag. A READ also wants the server's.
	Finalize struct {
		_struct bool `codec:",toarray"` //nolint:unused // read by the codec

		TS   protocols.Timestamp
		Read bool
	}
	// FinalizeAck answers Finalize. If a READ asked and the server stores an element, that is the payload, and Length
	// is the value's, in bytes.
	FinalizeAck struct {
		_struct bool `codec:",toarray"` //nolint:unused // read by the codec

		Length uint64
	}
)

// Kind implements protocols.Body.
func (*Query) Kind() protocols.Kind { return kindQuery }

// Kind implements protocols.Body.
func (*QueryAck) Kind() protocols.Kind { return kindQueryAck }

// Kind implements protocols.Body.
func (*PreWrite) Kind() protocols.Kind { return kindPreWrite }

// Kind implements protocols.Body.
func (*PreWriteAck) Kind() protocols.Kind { return kindPreWriteAck }

// Kind implements protocols.Body.
func (*Finalize) Kind() protocols.Kind { return kindFinalize }

// Kind implements protocols.Body.
func (*FinalizeAck) Kind() protocols.Kind { return kindFinalizeAck }

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body {
	switch kind {
	case kindQuery:
		return new(Query)
	case kindQueryAck:
		return new(QueryAck)
	case kindPreWrite:
		return new(PreWrite)
	case kindPreWriteAck:
		return new(PreWriteAck)
	case kindFinalize:
		return new(Finalize)
	case kindFinalizeAck:
		return new(FinalizeAck)
	}
	return nil
}

// issuable reports whether some WRITE can have issued the tag: numbers and process ids begin with 1.
func issuable(ts protocols.Timestamp) bool { return ts.Num > 0 && ts.PID > 0 }

// known reports whether a correct server can know the tag as finalized; the zero one is that of ⊥.
func known(ts protocols.Timestamp) bool { return ts.IsZero() || issuable(ts) }

// isElement reports whether the element can be one of a value of so many bytes.
func isElement(element []byte, length uint64, t int) bool {
	return length <= protocols.MaxValueBytes && len(element) == dispersal.FragmentLength(int(length), t)
}
