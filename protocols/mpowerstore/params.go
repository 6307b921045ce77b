package mpowerstore

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// params is what both ends know: the failure threshold t, the primitives, the kind of proofs, how values lie on the
// servers, how much history these keep, and whether both follow the paper to the letter.
type params struct {
	t       int
	suite   suite.Suite
	proof   proof
	shape   shape // of the proofs
	data    dispersal.Scheme
	history int // K (history.go); 0 for all of it
	literal bool
	lean    bool
}

// bound is the key that MACs bind (D3): none in the literal variant.
func (p params) bound(key protocols.Key) protocols.Key {
	if p.literal {
		return ""
	}
	return key
}

// servers is S = 3t+1.
func (p params) servers() int { return 3*p.t + 1 }

// quorum is S−t = 2t+1: the servers that a round waits for.
func (p params) quorum() int { return 2*p.t + 1 }

// The shapes below are those of what correct processes send. Both ends check them alike: were a server to refuse a
// candidate that a reader accepts, then one Byzantine server could keep the reader from ever ending.

// issued reports whether ts has the shape of a timestamp that a writer issued: not that of ts0.
func (p params) issued(ts TS) bool {
	return ts.Num > 0 && ts.PID > 0 && len(ts.MAC) == p.suite.HashSize()
}

// written reports whether c has the shape of the candidate of a write: not that of c0.
func (p params) written(c Candidate) bool {
	return p.issued(c.TS) && len(c.Nonce) == p.shape.nonce && p.isVec(c.Vec)
}

func (p params) unwritten(c Candidate) bool { return !p.written(c) }

// misfit says what a candidate is like that was not written: proofs of another t or kind have other lengths.
func (p params) misfit(c Candidate) string {
	return fmt.Sprintf("a candidate of timestamp %v with a proof of %d bytes and %d MACs; for t = %d they are %d and %d: "+
		"give servers and clients the same t and protocol", c.TS.Timestamp, len(c.Nonce), len(c.Vec), p.t, p.shape.nonce, p.shape.macs)
}

// stored reports whether e and the fragment have the shapes of a history entry, with a commitment of so many bytes.
func (p params) stored(e *Entry, fragment []byte, commitment int) bool {
	return p.isEntry(e, commitment) && len(fragment) == p.data.Length(e.CC)
}

func (p params) isEntry(e *Entry, commitment int) bool {
	return p.issued(e.TS) && p.data.WellFormed(e.CC) && len(e.Commitment) == commitment && p.isVec(e.Vec)
}

func (p params) isVec(vec [][]byte) bool {
	return len(vec) == p.shape.macs &&
		!slices.ContainsFunc(vec, func(mac []byte) bool { return len(mac) != p.suite.HashSize() })
}
