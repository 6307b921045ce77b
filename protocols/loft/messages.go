package loft

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/versions"
	"github.com/powbench/powbench/protocols/wire"
)

// A Time names a version (U1).
type Time = versions.Time

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

// The kinds of messages are numbered in the order of the rounds of a WRITE, and then of a READ.

func (*Find) Kind() protocols.Kind     { return 1 }
func (*Found) Kind() protocols.Kind    { return 2 }
func (*Prepare) Kind() protocols.Kind  { return 3 }
func (*Prepared) Kind() protocols.Kind { return 4 }
func (*Commit) Kind() protocols.Kind   { return 5 }
func (*Latest) Kind() protocols.Kind   { return 6 }
func (*Read) Kind() protocols.Kind     { return 7 }
func (*Version) Kind() protocols.Kind  { return 8 }

var newBody = wire.Bodies(&Find{}, &Found{}, &Prepare{}, &Prepared{}, &Commit{}, &Latest{}, &Read{}, &Version{})

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// timeOf is the time of the version with that timestamp and checksum.
func (p params) timeOf(ts protocols.Timestamp, c fingerprint.Checksum) Time {
	return versions.Of(p.suite, ts, c.CC, c.Prints)
}

// isTimeOrNone reports whether some version can have the time, or that it is that of none.
func (p params) isTimeOrNone(t Time) bool { return t.Possible(p.suite) || t.Equal(Time{}) }

// isRow reports whether the row has a MAC for each server.
func (p params) isRow(row [][]byte) bool {
	for _, mac := range row {
		if len(mac) != p.suite.HashSize() {
			return false
		}
	}
	return len(row) == p.is.Servers
}
