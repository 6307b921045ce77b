package avid

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/versions"
	"github.com/powbench/powbench/protocols/wire"
)

// A Checksum identifies a value's fragments. Without fingerprints, Prints is nil.
type Checksum = fingerprint.Checksum

// A Time names a version, and the dispersal that brings it (U1).
type Time = versions.Time

// The bodies. Fragments travel beside them, as the payload of Disperse, Vote and Version.
type (
	// GetTS asks for the timestamp of the server's version and, if the client listens under a name, of all later ones.
	GetTS struct{ Listener []byte }
	// Clock answers GetTS, as often as there is something new to a listener.
	Clock struct{ TS protocols.Timestamp }
	// Read asks for the server's version and, if the client listens under a name, for all later ones.
	Read struct{ Listener []byte }
	// Version answers Read, with the server's fragment as payload. The zero Version says that there is none.
	Version struct {
		TS    protocols.Timestamp
		Check Checksum
	}
	// Complete ends the listening.
	Complete struct{ Listener []byte }
	// Completed answers Complete.
	Completed struct{}
	// Disperse asks to take part in the dispersal of a value, with the server's fragment, and ends the writer's listening.
	Disperse struct {
		TS       protocols.Timestamp
		Check    Checksum
		Listener []byte
	}
	// Stored answers Disperse: the dispersal has come to its end.
	Stored struct{}
	// Vote goes from server to server: it says ECHO, that the sender got its fragment, or READY, that all will have
	// theirs, or both at once. Its payload is the sender's fragment, unless there are fingerprints.
	Vote struct {
		TS          protocols.Timestamp
		Check       Checksum
		Echo, Ready bool
	}
)

// The kinds of messages are numbered in the order of requests and their replies; that of servers is the last.

func (*GetTS) Kind() protocols.Kind     { return 1 }
func (*Clock) Kind() protocols.Kind     { return 2 }
func (*Read) Kind() protocols.Kind      { return 3 }
func (*Version) Kind() protocols.Kind   { return 4 }
func (*Complete) Kind() protocols.Kind  { return 5 }
func (*Completed) Kind() protocols.Kind { return 6 }
func (*Disperse) Kind() protocols.Kind  { return 7 }
func (*Stored) Kind() protocols.Kind    { return 8 }
func (*Vote) Kind() protocols.Kind      { return 9 }

var newBody = wire.Bodies(
	&GetTS{}, &Clock{}, &Read{}, &Version{}, &Complete{}, &Completed{}, &Disperse{}, &Stored{}, &Vote{},
)

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// listens reports whether some client can listen under the name; nil is no name.
func listens(name []byte) bool { return len(name) == 0 || len(name) == listenerBytes }

// encode returns the servers' fragments of the value and what identifies them.
func (p params) encode(value []byte, mem protocols.Memory) ([][]byte, Checksum, error) {
	fragments, cc, err := p.data.Encode(value, mem)
	if err != nil || !p.fingerprints {
		return fragments, Checksum{CC: cc}, err
	}
	return fragments, fingerprint.Of(p.suite, cc, fragments[:dispersal.Data(p.t)]), nil
}

// timeOf is the time of the version with that timestamp and checksum.
func (p params) timeOf(ts protocols.Timestamp, c Checksum) Time {
	return versions.Of(p.suite, ts, c.CC, c.Prints)
}

// wellFormed reports whether encode makes such a checksum.
func (p params) wellFormed(c Checksum) bool {
	if p.fingerprints {
		return c.WellFormed(p.suite, p.t)
	}
	return p.data.WellFormed(c.CC) && len(c.Prints) == 0
}

// right reports whether the fragment is the server's of the checksum, which is well-formed.
func (p params) right(c Checksum, server int, fragment []byte) bool {
	if p.fingerprints {
		return c.Consistent(p.suite, p.t, server, fragment)
	}
	return len(fragment) == p.data.Length(c.CC) && p.data.Right(c.CC, server, fragment)
}
