package phalanx

import (
	"github.com/powbench/powbench/protocols"
)

const (
	kindGetTS protocols.Kind = iota + 1
	kindGetTSAck
	kindPut
	kindPutAck
	kindGet
	kindGetAck
)

// Datum is what is signed of a value, with the signature. It is what a server answers to GetTS, and the body of its
// record. The zero Datum is that of ⊥.
type Datum struct {
	TS        protocols.Timestamp
	Hash      []byte // of the value
	Signature []byte // of key, timestamp and hash
}

// GetTS asks for the server's timestamp.
type GetTS struct{}

// GetTSAck answers GetTS. The hash lets the writer verify the signature without the value.
type GetTSAck struct {
	Datum Datum
}

// Put asks to store the value in the payload unless the server has a higher timestamp. A WRITE sends it, and a READ to
// write back: the signature proves that the value is a writer's.
type Put struct {
	TS        protocols.Timestamp
	Signature []byte
}

// PutAck answers Put: the server's timestamp is at least that of the Put.
type PutAck struct{}

// Get asks for the server's timestamp and value.
type Get struct{}

// GetAck answers Get; the value is the payload. A zero timestamp is that of ⊥.
type GetAck struct {
	TS        protocols.Timestamp
	Signature []byte
}

// Kind implements protocols.Body.
func (*GetTS) Kind() protocols.Kind { return kindGetTS }

// Kind implements protocols.Body.
func (*GetTSAck) Kind() protocols.Kind { return kindGetTSAck }

// Kind implements protocols.Body.
func (*Put) Kind() protocols.Kind { return kindPut }

// Kind implements protocols.Body.
func (*PutAck) Kind() protocols.Kind { return kindPutAck }

// Kind implements protocols.Body.
func (*Get) Kind() protocols.Kind { return kindGet }

// Kind implements protocols.Body.
func (*GetAck) Kind() protocols.Kind { return kindGetAck }
