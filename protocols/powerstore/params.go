package powerstore

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// params is what both ends know: the failure threshold t and the primitives.
type params struct {
	t     int
	suite suite.Suite
	pow   pow.Scheme
}

// servers is S = 3t+1.
func (p params) servers() int { return 3*p.t + 1 }

// quorum is S−t = 2t+1: the servers that a round waits for.
func (p params) quorum() int { return 2*p.t + 1 }

// theWriter is the process id in all timestamps but ts0: there is one writer, and numbers alone order its writes.
const theWriter = 1

// The shapes below are those of what correct processes send. Both ends check them alike: were a server to refuse a
// candidate that a reader accepts, then one Byzantine server could keep the reader from ever ending.

// issued reports whether ts has the shape of a timestamp that the writer issued: not that of ts0.
func issued(ts protocols.Timestamp) bool { return ts.Num > 0 && ts.PID == theWriter }

// written reports whether c has the shape of the candidate of a write: not that of c0.
func (p params) written(c Candidate) bool {
	return issued(c.TS) && len(c.Nonce) == p.pow.SecretSize()
}

func (p params) unwritten(c Candidate) bool { return !p.written(c) }

// misfit says what a candidate is like that was not written: proofs of another t or kind have other lengths.
func (p params) misfit(c Candidate) string {
	return fmt.Sprintf("a candidate of timestamp %v with a proof of %d bytes; for t = %d it is %d: "+
		"give servers and clients the same t and protocol", c.TS, len(c.Nonce), p.t, p.pow.SecretSize())
}

// isFragment reports whether cc and the fragment have the shapes of those of a value.
func (p params) isFragment(cc dispersal.CrossChecksum, fragment []byte) bool {
	return cc.WellFormed(p.suite, p.t) && len(fragment) == dispersal.FragmentLength(int(cc.Length), p.t)
}

// stored reports whether e and the fragment have the shapes of a history entry, its commitment opened.
func (p params) stored(e *Entry, fragment []byte) bool {
	return issued(e.TS) && p.isFragment(e.CC, fragment) && len(e.Commitment) == p.pow.CommitmentSize()
}
