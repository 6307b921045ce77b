// Package versions names the versions that servers keep where writers may lie: by the timestamp, and by the hash of what
// identifies the fragments. So two values never share a name, and a fragment fits one version alone.
//
// It imports the model, suite and dispersal; protocols that keep versions import it.
package versions

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// A Time names a version: writers that lie may use a timestamp twice, but the verifier tells the values apart. The zero Time
// is that of ⊥.
type Time struct {
	TS       protocols.Timestamp
	Verifier []byte
}

// Of is the time of the version with the timestamp whose fragments have the cross-checksum and, if there are any, the
// fingerprints.
func Of(s suite.Suite, ts protocols.Timestamp, cc dispersal.CrossChecksum, prints []byte) Time {
	verified := binary.BigEndian.AppendUint64(nil, cc.Length)
	for _, h := range cc.Hashes {
		verified = append(verified, h...)
	}
	return Time{TS: ts, Verifier: s.Hash(verified, prints)}
}

// Compare orders times by timestamp, then by verifier.
func (a Time) Compare(b Time) int {
	return cmp.Or(a.TS.Compare(b.TS), bytes.Compare(a.Verifier, b.Verifier))
}

// Equal reports whether the times name the same version.
func (a Time) Equal(b Time) bool { return a.Compare(b) == 0 }

// String formats the time for the names of records.
func (a Time) String() string { return a.TS.String() + "/" + hex.EncodeToString(a.Verifier) }

// Possible reports whether some version can have the time. ⊥ is none.
func (a Time) Possible(s suite.Suite) bool { return Issuable(a.TS) && len(a.Verifier) == s.HashSize() }

// Issuable reports whether some WRITE can have issued the timestamp: numbers and process ids begin with 1, and none is so
// high that no WRITE could follow.
func Issuable(ts protocols.Timestamp) bool {
	return ts.Num > 0 && ts.Num < math.MaxUint64 && ts.PID > 0
}
