package cas

import (
	"math"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/wire"
)

// The bodies. Elements travel beside them, as the payload of PreWrite and Ack.
type (
	// Query asks for the highest finalized tag.
	Query struct{}
	// PreWrite asks to store the server's element of a value of Length bytes. Writers only.
	PreWrite struct {
		TS     protocols.Timestamp
		Length uint64
	}
	// Finalize says that a quorum stores elements under the tag. A READ also wants the server's.
	Finalize struct {
		TS   protocols.Timestamp
		Read bool
	}
	// Ack answers them all: Query with the tag, zero for ⊥; a READ's Finalize, if the server stores an element, with that
	// as payload and the value's Length.
	Ack struct {
		TS     protocols.Timestamp
		Length uint64
	}
)

// Kind implements protocols.Body.
func (*Query) Kind() protocols.Kind { return 1 }

// Kind implements protocols.Body.
func (*PreWrite) Kind() protocols.Kind { return 2 }

// Kind implements protocols.Body.
func (*Finalize) Kind() protocols.Kind { return 3 }

// Kind implements protocols.Body.
func (*Ack) Kind() protocols.Kind { return 4 }

var newBody = wire.Bodies(&Query{}, &PreWrite{}, &Finalize{}, &Ack{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// issuable reports whether some WRITE can have issued the tag: numbers and process ids begin with 1, and none is so
// high that no WRITE could follow.
func issuable(ts protocols.Timestamp) bool {
	return ts.Num > 0 && ts.Num < math.MaxUint64 && ts.PID > 0
}

// known reports whether a correct server can know the tag as finalized; the zero one stands for ⊥.
func known(ts protocols.Timestamp) bool { return ts.IsZero() || issuable(ts) }

// isElement reports whether the element can be one of a value of so many bytes.
func isElement(element []byte, length uint64, t int) bool {
	return length <= protocols.MaxValueBytes && len(element) == dispersal.FragmentLength(int(length), t)
}
