package dispersal

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// A CrossChecksum identifies a value's fragments: the hash of each, and the value's length, so that whoever agrees on
// a cross-checksum agrees on what the padding is.
type CrossChecksum struct {
	Length uint64   // of the value, in bytes
	Hashes [][]byte // H(fr_1) … H(fr_S)
}

// Checksum is the cross-checksum of the fragments of a value of the given length in bytes.
func Checksum(s suite.Suite, length int, fragments [][]byte) CrossChecksum {
	cc := CrossChecksum{Length: uint64(length), Hashes: make([][]byte, len(fragments))}
	for i, f := range fragments {
		cc.Hashes[i] = s.Hash(f)
	}
	return cc
}

// WellFormed reports whether cc has the shape of the cross-checksum of a value that Encode takes.
func (cc CrossChecksum) WellFormed(s suite.Suite, t int) bool {
	return cc.Length <= protocols.MaxValueBytes && len(cc.Hashes) == Total(t) &&
		!slices.ContainsFunc(cc.Hashes, func(h []byte) bool { return len(h) != s.HashSize() })
}

// Matches reports whether fragment is the i-th (from 0) that cc was made of. Cc must be well-formed.
func (cc CrossChecksum) Matches(s suite.Suite, i int, fragment []byte) bool {
	return bytes.Equal(s.Hash(fragment), cc.Hashes[i])
}

// Equal reports whether cc and o are the same.
func (cc CrossChecksum) Equal(o CrossChecksum) bool {
	return cc.Length == o.Length && slices.EqualFunc(cc.Hashes, o.Hashes, bytes.Equal)
}
