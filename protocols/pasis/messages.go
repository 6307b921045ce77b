package pasis

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/wire"
)

// A Time is a logical time, which names a version: writers that lie may use a timestamp twice, but the verifier, the hash
// of the cross-checksum, tells the values apart. The zero Time is that of ⊥.
type Time struct {
	TS       protocols.Timestamp
	Verifier []byte
}

// Compare orders times by timestamp, then by verifier.
func (a Time) Compare(b Time) int {
	return cmp.Or(a.TS.Compare(b.TS), bytes.Compare(a.Verifier, b.Verifier))
}

// The bodies. Fragments travel beside them, as the payload of Store and Version.
type (
	// GetTime asks for the timestamp of the server's newest version.
	GetTime struct{}
	// TimeAck answers GetTime.
	TimeAck struct{ TS protocols.Timestamp }
	// Store asks to store the server's fragment as one more version. A WRITE sends it, and a READ to repair.
	Store struct {
		TS protocols.Timestamp
		CC dispersal.CrossChecksum
	}
	// Stored answers Store.
	Stored struct{}
	// Latest asks for the server's newest version.
	Latest struct{}
	// Get asks for the version of that time.
	Get struct{ Time Time }
	// Version answers Latest and Get, with the fragment as payload. The zero Version says that there is none.
	Version struct {
		TS protocols.Timestamp
		CC dispersal.CrossChecksum
	}
	// History asks for the times of the versions before that time.
	History struct{ Before Time }
	// Times answers History: the latest first, at most maxTimes (U3).
	Times struct{ Times []Time }
)

// Kind implements protocols.Body.
func (*GetTime) Kind() protocols.Kind { return 1 }

// Kind implements protocols.Body.
func (*TimeAck) Kind() protocols.Kind { return 2 }

// Kind implements protocols.Body.
func (*Store) Kind() protocols.Kind { return 3 }

// Kind implements protocols.Body.
func (*Stored) Kind() protocols.Kind { return 4 }

// Kind implements protocols.Body.
func (*Latest) Kind() protocols.Kind { return 5 }

// Kind implements protocols.Body.
func (*Get) Kind() protocols.Kind { return 6 }

// Kind implements protocols.Body.
func (*Version) Kind() protocols.Kind { return 7 }

// Kind implements protocols.Body.
func (*History) Kind() protocols.Kind { return 8 }

// Kind implements protocols.Body.
func (*Times) Kind() protocols.Kind { return 9 }

var newBody = wire.Bodies(&GetTime{}, &TimeAck{}, &Store{}, &Stored{}, &Latest{}, &Get{}, &Version{}, &History{}, &Times{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// maxTimes bounds how many versions a server tells of: more WRITEs than that are not in progress at once.
const maxTimes = 64

// issuable reports whether some WRITE can have issued the timestamp: numbers and process ids begin with 1, and none is so
// high that no WRITE could follow.
func issuable(ts protocols.Timestamp) bool {
	return ts.Num > 0 && ts.Num < math.MaxUint64 && ts.PID > 0
}

// timeOf is the time of the version with that timestamp and cross-checksum.
func (p params) timeOf(ts protocols.Timestamp, cc dispersal.CrossChecksum) Time {
	verified := binary.BigEndian.AppendUint64(nil, cc.Length)
	for _, h := range cc.Hashes {
		verified = append(verified, h...)
	}
	return Time{TS: ts, Verifier: p.suite.Hash(verified)}
}

// isTime reports whether some version can have the time.
func (p params) isTime(t Time) bool { return issuable(t.TS) && len(t.Verifier) == p.suite.HashSize() }

// isFragment reports whether the fragment is the server's of cc.
func (p params) isFragment(cc dispersal.CrossChecksum, server int, fragment []byte) bool {
	return p.data.WellFormed(cc) && len(fragment) == p.data.Length(cc) && p.data.Right(cc, server, fragment)
}
