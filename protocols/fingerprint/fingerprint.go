// Package fingerprint lets a server check alone that its fragment belongs to a codeword, without the other fragments:
// the fingerprinted cross-checksums of Hendricks, Ganger and Reiter, Verifying distributed erasure-coded data (PODC'07).
// It imports the model, suite and dispersal; protocols that disperse values of writers that may lie import it.
//
// A fingerprint reads the fragment as a polynomial over GF(2⁸)^16 and evaluates it at a point r. It is linear over
// GF(2⁸), as package dispersal's code is: so the fingerprints of a codeword's fragments are a codeword themselves, and
// those of the first t+1 fragments fix all. The point is a hash of all fragments' hashes, hence not known before all
// fragments are. Two different fragments of n bytes have the same fingerprint at a random point with a probability of at
// most ⌈n/16⌉/2¹²⁸.
package fingerprint

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// A Point is the r at which fingerprints evaluate.
type Point [Size]byte

// Fingerprint is the fingerprint of the data at the point. For data of one length and a, b in GF(2⁸),
// Fingerprint(r, a·x + b·y) = a·Fingerprint(r, x) + b·Fingerprint(r, y), byte by byte.
func Fingerprint(r Point, data []byte) (print [Size]byte) {
	if len(data) <= Size { // a constant polynomial
		copy(print[:], data)
		return print
	}
	t := tables.Get().(*table)
	defer tables.Put(t)
	t.fill(element(r))
	return t.evaluate(data).element()
}

// A Checksum is a fingerprinted cross-checksum: the hash of every fragment, and the fingerprints of the first t+1, one
// after the other. It fixes the value: the fragments that are Consistent with it restore the same one, whichever they are.
type Checksum struct {
	CC     dispersal.CrossChecksum
	Prints []byte
}

// New is the checksum of the fragments that dispersal.Encode made of a value of the given length in bytes.
func New(s suite.Suite, length int, fragments [][]byte, t int) Checksum {
	return Of(s, dispersal.Checksum(s, length, fragments), fragments[:dispersal.Data(t)])
}

// Of is the checksum whose cross-checksum is known, and the first t+1 fragments.
func Of(s suite.Suite, cc dispersal.CrossChecksum, first [][]byte) Checksum {
	t := tables.Get().(*table)
	defer tables.Put(t)
	t.fill(element(point(s, cc)))
	c := Checksum{CC: cc, Prints: make([]byte, 0, Size*len(first))}
	for _, f := range first {
		print := t.evaluate(f).element()
		c.Prints = append(c.Prints, print[:]...)
	}
	return c
}

// point is the random oracle: the point that the fragments' hashes pick.
func point(s suite.Suite, cc dispersal.CrossChecksum) Point {
	oracle := binary.BigEndian.AppendUint64([]byte("fingerprint"), cc.Length)
	for _, h := range cc.Hashes {
		oracle = append(oracle, h...)
	}
	return Point(s.Hash(oracle)[:Size])
}

// WellFormed reports whether c has the shape of the checksum of a value that dispersal.Encode takes.
func (c Checksum) WellFormed(s suite.Suite, t int) bool {
	return c.CC.WellFormed(s, t) && len(c.Prints) == Size*dispersal.Data(t)
}

// Equal reports whether c and o are the same.
func (c Checksum) Equal(o Checksum) bool { return c.CC.Equal(o.CC) && bytes.Equal(c.Prints, o.Prints) }

// Consistent reports whether the fragment is the i-th, from 0, of the value that c, which is well-formed, is of: its hash
// is the i-th, and its fingerprint the i-th of the codeword of fingerprints.
func (c Checksum) Consistent(s suite.Suite, t, i int, fragment []byte) bool {
	if len(fragment) != dispersal.FragmentLength(int(c.CC.Length), t) || !c.CC.Matches(s, i, fragment) {
		return false
	}
	prints, err := dispersal.Encode(slices.Clip(c.Prints), t, protocols.Heap{})
	if err != nil {
		return false
	}
	print := Fingerprint(point(s, c.CC), fragment)
	return bytes.Equal(print[:], prints[i])
}
