package mabd

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// The bodies. Values travel beside them, as the payload of Put and GetAck.
type (
	// GetTS asks for the server's timestamp.
	GetTS struct{}
	// GetTSAck answers GetTS.
	GetTSAck struct{ TS protocols.Timestamp }
	// Put asks to store the value unless the server has a higher timestamp. A WRITE sends it, and a READ to write back.
	Put struct{ TS protocols.Timestamp }
	// PutAck answers Put: the server's timestamp is at least that of the Put.
	PutAck struct{}
	// Get asks for the server's timestamp and value.
	Get struct{}
	// GetAck answers Get. A zero timestamp stands for ⊥.
	GetAck struct{ TS protocols.Timestamp }
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

// issuable reports whether some WRITE can have issued the timestamp: numbers and process ids begin with 1.
func issuable(ts protocols.Timestamp) bool { return ts.Num > 0 && ts.PID > 0 }

// plausible reports whether a correct server can hold the value, if it is asked for one, under the timestamp.
func plausible(ts protocols.Timestamp, value []byte) bool {
	if ts.IsZero() {
		return len(value) == 0
	}
	return issuable(ts) && len(value) <= protocols.MaxValueBytes
}

// put is the request to store the value under the timestamp.
func put(ts protocols.Timestamp, value []byte) protocols.Message {
	return protocols.Message{Body: &Put{TS: ts}, Payload: value}
}
