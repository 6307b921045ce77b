package phalanx

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// Datum is the part of a value that is signed, with the signature. A server answers GetTS with it, and it is the body
// of its record. The zero Datum stands for ⊥.
type Datum struct {
	TS        protocols.Timestamp
	Hash      []byte // of the value
	Signature []byte // of key, timestamp and hash
}

// The bodies. Values travel beside them, as the payload of Put and GetAck.
type (
	// GetTS asks for the server's timestamp.
	GetTS struct{}
	// GetTSAck answers GetTS. The hash lets the writer verify the signature without the value.
	GetTSAck struct{ Datum Datum }
	// Put asks to store the value unless the server has a higher timestamp. A WRITE sends it, and a READ to write back:
	// the signature proves that the value is a writer's.
	Put struct {
		TS        protocols.Timestamp
		Signature []byte
	}
	// PutAck answers Put: the server's timestamp is at least that of the Put.
	PutAck struct{}
	// Get asks for the server's timestamp and value.
	Get struct{}
	// GetAck answers Get. A zero timestamp stands for ⊥.
	GetAck struct {
		TS        protocols.Timestamp
		Signature []byte
	}
)

// Kind implements protocols.Body.
func (*GetTS) Kind() protocols.Kind { return 1 }

// Kind implements protocols.Body.
func (*GetTSAck) Kind() protocols.Kind { return 2 }

// Kind implements protocols.Body.
func (*Put) Kind() protocols.Kind { return 3 }

// Kind implements protocols.Body.
func (*PutAck) Kind() protocols.Kind { return 4 }

// Kind implements protocols.Body.
func (*Get) Kind() protocols.Kind { return 5 }

// Kind implements protocols.Body.
func (*GetAck) Kind() protocols.Kind { return 6 }

var newBody = wire.Bodies(&GetTS{}, &GetTSAck{}, &Put{}, &PutAck{}, &Get{}, &GetAck{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }
