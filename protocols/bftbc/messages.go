package bftbc

import (
	"math"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/certificate"
	"github.com/powbench/powbench/protocols/wire"
)

// A Certificate is a quorum's signatures of one statement.
type Certificate = certificate.Certificate

// Prepared says that a quorum prepared the value of that hash under that timestamp (pcert of the publication). The zero
// Prepared stands for ⊥.
type Prepared struct {
	TS   protocols.Timestamp
	Hash []byte
	By   Certificate
}

// Written says that a quorum has the value of that timestamp or a newer one (wcert). The zero Written says nothing.
type Written struct {
	TS protocols.Timestamp
	By Certificate
}

// The bodies. Values travel beside them, as the payload of Write and Value.
type (
	// ReadTS asks for the certificate of the server's value.
	ReadTS struct{}
	// Newest answers ReadTS.
	Newest struct{ Prepared Prepared }
	// Prepare asks the server to sign that the client will write a value of that hash under that timestamp, which is the
	// one after Max's. Last says that the client's last WRITE has ended.
	Prepare struct {
		Max                Prepared
		TS                 protocols.Timestamp
		Hash               []byte
		Last               Written
		Public, Credential []byte // the client's key, and the writers' signature that it is
		Signature          []byte // of the timestamp and the hash, by the client
	}
	// Write asks to store a value, which that certificate is of. A WRITE sends it, and a READ to write back.
	Write struct {
		TS protocols.Timestamp
		By Certificate
	}
	// Signed answers Prepare and Write with the server's signature of what it did. It is empty for a Prepare that comes
	// after the client's WRITE has ended.
	Signed struct{ Signature []byte }
	// Read asks for the server's value.
	Read struct{}
	// Value answers Read.
	Value struct {
		TS protocols.Timestamp
		By Certificate
	}
)

// The kinds of messages are numbered in the order of the rounds of a WRITE, and then of a READ.

func (*ReadTS) Kind() protocols.Kind  { return 1 }
func (*Newest) Kind() protocols.Kind  { return 2 }
func (*Prepare) Kind() protocols.Kind { return 3 }
func (*Write) Kind() protocols.Kind   { return 4 }
func (*Signed) Kind() protocols.Kind  { return 5 }
func (*Read) Kind() protocols.Kind    { return 6 }
func (*Value) Kind() protocols.Kind   { return 7 }

var newBody = wire.Bodies(&ReadTS{}, &Newest{}, &Prepare{}, &Write{}, &Signed{}, &Read{}, &Value{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// issuable reports whether some WRITE can have the timestamp: numbers and process ids begin with 1.
func issuable(ts protocols.Timestamp) bool { return ts.Num > 0 && ts.PID > 0 }

// succeeds reports whether ts is a writer's first timestamp after the highest, so that nobody can skip any.
func succeeds(ts, highest protocols.Timestamp) bool {
	return issuable(ts) && highest.Num < math.MaxUint64 && ts.Equal(highest.Next(ts.PID))
}
