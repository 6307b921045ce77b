package pasis

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/versions"
	"github.com/powbench/powbench/protocols/wire"
)

// A Time is a logical time, which names a version.
type Time = versions.Time

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
	// Times answers History: the latest first, at most maxTimes (U3). Forgot says that there may be others before them.
	Times struct {
		Times  []Time
		Forgot bool
	}
)

// The kinds of messages are numbered in the order of the rounds of a WRITE, and then of a READ.

func (*GetTime) Kind() protocols.Kind { return 1 }
func (*TimeAck) Kind() protocols.Kind { return 2 }
func (*Store) Kind() protocols.Kind   { return 3 }
func (*Stored) Kind() protocols.Kind  { return 4 }
func (*Latest) Kind() protocols.Kind  { return 5 }
func (*Get) Kind() protocols.Kind     { return 6 }
func (*Version) Kind() protocols.Kind { return 7 }
func (*History) Kind() protocols.Kind { return 8 }
func (*Times) Kind() protocols.Kind   { return 9 }

var newBody = wire.Bodies(&GetTime{}, &TimeAck{}, &Store{}, &Stored{}, &Latest{}, &Get{}, &Version{}, &History{}, &Times{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// maxTimes bounds how many versions a server tells of. READs that need older ones end with an error (U3).
const maxTimes = 64

// timeOf is the time of the version with that timestamp and cross-checksum.
func (p params) timeOf(ts protocols.Timestamp, cc dispersal.CrossChecksum) Time {
	return versions.Of(p.suite, ts, cc, nil)
}

// isFragment reports whether the fragment is the server's of cc.
func (p params) isFragment(cc dispersal.CrossChecksum, server int, fragment []byte) bool {
	return p.data.WellFormed(cc) && len(fragment) == p.data.Length(cc) && p.data.Right(cc, server, fragment)
}
