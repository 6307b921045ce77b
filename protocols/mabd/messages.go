package mabd

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

// GetTS asks for the server's timestamp.
type GetTS struct{}

// GetTSAck answers GetTS.
type GetTSAck struct {
	TS protocols.Timestamp
}

// Put asks to store the value in the payload unless the server has a higher timestamp. A WRITE sends it, and a READ to
// write back.
type Put struct {
	TS protocols.Timestamp
}

// PutAck answers Put: the server's timestamp is at least that of the Put.
type PutAck struct{}

// Get asks for the server's timestamp and value.
type Get struct{}

// GetAck answers Get; the value is the payload. A zero timestamp is that of ⊥.
type GetAck struct {
	TS protocols.Timestamp
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

// issuable reports whether some WRITE can have issued the timestamp: numbers and process ids begin with 1.
func issuable(ts protocols.Timestamp) bool { return ts.Num > 0 && ts.PID > 0 }

// plausible reports whether a correct server can hold the value, if it is asked for one, under the timestamp.
func plausible(ts protocols.Timestamp, value []byte) bool {
	if ts.IsZero() {
		return len(value) == 0
	}
	return issuable(ts) && len(value) <= protocols.MaxValueBytes
}
