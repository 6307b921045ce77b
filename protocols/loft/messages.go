package loft

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/wire"
)

// A Time names a version: writers that lie may use a timestamp twice, but the verifier, the hash of the fingerprinted
// cross-checksum, tells the values apart (U1). The zero Time is that of ⊥.
type Time struct {
	TS       protocols.Timestamp
	Verifier []byte
}

// Compare orders times by timestamp, then by verifier.
func (a Time) Compare(b Time) int {
	return cmp.Or(a.TS.Compare(b.TS), bytes.Compare(a.Verifier, b.Verifier))
}

func (a Time) equal(b Time) bool { return a.Compare(b) == 0 }

// The bodies. Fragments travel beside them, as the payload of Prepare and Version.
type (
	// Find asks for the server's timestamps.
	Find struct{}
	// Found answers Find: the timestamp that the server has committed, and the highest that it has prepared or committed.
	Found struct{ Committed, Highest protocols.Timestamp }
	// Prepare asks to hold a fragment and to vouch for it. A reader shows by MACs, as in Commit, that a writer wrote it.
	Prepare struct {
		TS       protocols.Timestamp
		Checksum fingerprint.Checksum
		MACs     [][]byte
	}
	// Prepared answers Prepare with the server's row: a MAC for each server.
	Prepared struct{ Row [][]byte }
	// Commit asks to commit the version. MACs are those of the rows that are for this server, by the server that made
	// them; nil where there is none.
	Commit struct {
		Time Time
		MACs [][]byte
	}
	// Latest answers Commit, and a reader's Prepare that the server does not believe, with what it has committed.
	Latest struct{ Time Time }
	// Read asks for the version that the server has committed or, if it has prepared the later version At, for that; and for
	// its row for At, if that is not zero. A Bare one asks for the row alone.
	Read struct {
		At   Time
		Bare bool
	}
	// Version answers Read: what the server has committed; the checksum of that or, if Prepared, of the version that was
	// asked for, if the server holds the fragment; and its row for the latter, if it holds that or has committed a later one.
	Version struct {
		Committed Time
		Prepared  bool
		Checksum  fingerprint.Checksum
		Row       [][]byte
	}
)

// Kind implements protocols.Body.
func (*Find) Kind() protocols.Kind { return 1 }

// Kind implements protocols.Body.
func (*Found) Kind() protocols.Kind { return 2 }

// Kind implements protocols.Body.
func (*Prepare) Kind() protocols.Kind { return 3 }

// Kind implements protocols.Body.
func (*Prepared) Kind() protocols.Kind { return 4 }

// Kind implements protocols.Body.
func (*Commit) Kind() protocols.Kind { return 5 }

// Kind implements protocols.Body.
func (*Latest) Kind() protocols.Kind { return 6 }

// Kind implements protocols.Body.
func (*Read) Kind() protocols.Kind { return 7 }

// Kind implements protocols.Body.
func (*Version) Kind() protocols.Kind { return 8 }

var newBody = wire.Bodies(&Find{}, &Found{}, &Prepare{}, &Prepared{}, &Commit{}, &Latest{}, &Read{}, &Version{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// issuable reports whether some WRITE can have issued the timestamp: numbers and process ids begin with 1, and none is so
// high that no WRITE could follow.
func issuable(ts protocols.Timestamp) bool {
	return ts.Num > 0 && ts.Num < math.MaxUint64 && ts.PID > 0
}

// timeOf is the time of the version with that timestamp and checksum.
func (p params) timeOf(ts protocols.Timestamp, c fingerprint.Checksum) Time {
	verified := binary.BigEndian.AppendUint64(nil, c.CC.Length)
	for _, h := range c.CC.Hashes {
		verified = append(verified, h...)
	}
	return Time{TS: ts, Verifier: p.suite.Hash(verified, c.Prints)}
}

// isTime reports whether some version can have the time.
func (p params) isTime(t Time) bool { return issuable(t.TS) && len(t.Verifier) == p.suite.HashSize() }

// isTimeOrNone is isTime, or reports that there is no version.
func (p params) isTimeOrNone(t Time) bool { return p.isTime(t) || t.equal(Time{}) }

// isRow reports whether the row has a MAC for each server.
func (p params) isRow(row [][]byte) bool {
	for _, mac := range row {
		if len(mac) != p.suite.HashSize() {
			return false
		}
	}
	return len(row) == p.is.Servers
}
