package dispersal

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// A CrossChecksum identifies a value's fragments: the hash of each, and the value's length, so that to agree
// on a cross-checksum is to agree on the padding.
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
func (cc CrossChecksum) WellFormed(s suite.Suite, t int) bool { return cc.wellFormed(s, Total(t)) }

func (cc CrossChecksum) wellFormed(s suite.Suite, total int) bool {
	return cc.Length <= protocols.MaxValueBytes && len(cc.Hashes) == total &&
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

// A Scheme is how a value lies on the servers: what each of them stores, called its fragment, and how a READ recognises
// fragments and puts the value together again.
type Scheme interface {
	// Encode returns the servers' fragments of the value and what identifies them; buffers come from mem.
	Encode(value []byte, mem protocols.Memory) ([][]byte, CrossChecksum, error)
	// WellFormed reports whether Encode makes such a cross-checksum; Length is how many bytes its fragments then have.
	WellFormed(cc CrossChecksum) bool
	Length(cc CrossChecksum) int
	// Right reports whether the fragment is the server's of cc, which is well-formed.
	Right(cc CrossChecksum, server int, fragment []byte) bool
	// Enough is the number of right fragments that Decode needs.
	Enough() int
	// Decode restores the value from fragments by server: enough right ones, nil for the others. The value lies in mem or
	// is one of the fragments.
	Decode(cc CrossChecksum, fragments [][]byte, mem protocols.Memory) ([]byte, error)
	// Share is the length of a fragment in multiples of the value's.
	Share() float64
}

// Coded is the paper's scheme (lines 102, 103 and 141): any t+1 of 3t+1 fragments restore the value.
func Coded(t int, s suite.Suite) Scheme { return coded{paper(t), s} }

// CodedOn is Coded for so many servers: any t+1 of their fragments restore the value.
func CodedOn(servers, t int, s suite.Suite) Scheme { return coded{code{Data(t), servers}, s} }

type coded struct {
	code
	suite.Suite
}

func (d coded) Encode(value []byte, mem protocols.Memory) ([][]byte, CrossChecksum, error) {
	fragments, err := d.encode(value, mem)
	if err != nil {
		return nil, CrossChecksum{}, err
	}
	return fragments, Checksum(d.Suite, len(value), fragments), nil
}

func (d coded) WellFormed(cc CrossChecksum) bool { return cc.wellFormed(d.Suite, d.total) }

func (d coded) Length(cc CrossChecksum) int { return d.length(int(cc.Length)) }

func (d coded) Right(cc CrossChecksum, server int, fragment []byte) bool {
	return cc.Matches(d.Suite, server, fragment)
}

func (d coded) Enough() int { return d.data }

func (d coded) Decode(cc CrossChecksum, fragments [][]byte, mem protocols.Memory) ([]byte, error) {
	return d.decode(cc, fragments, mem)
}

func (d coded) Share() float64 { return 1 / float64(d.data) }

// Replicated has each of the servers store the whole value. Its cross-checksum has one hash, as all fragments are the
// same: so a WRITE hashes the value once and does not copy it, and a READ hashes one copy and returns it where it lies.
func Replicated(servers int, s suite.Suite) Scheme { return replicated{servers, s} }

type replicated struct {
	servers int
	suite.Suite
}

func (d replicated) Encode(value []byte, _ protocols.Memory) ([][]byte, CrossChecksum, error) {
	copies := slices.Repeat([][]byte{value}, d.servers)
	return copies, Checksum(d.Suite, len(value), copies[:1]), nil
}

func (d replicated) WellFormed(cc CrossChecksum) bool {
	return cc.Length <= protocols.MaxValueBytes && len(cc.Hashes) == 1 && len(cc.Hashes[0]) == d.HashSize()
}

func (d replicated) Length(cc CrossChecksum) int { return int(cc.Length) }

func (d replicated) Right(cc CrossChecksum, _ int, fragment []byte) bool {
	return cc.Matches(d.Suite, 0, fragment)
}

func (d replicated) Enough() int { return 1 }

func (d replicated) Decode(_ CrossChecksum, fragments [][]byte, _ protocols.Memory) ([]byte, error) {
	for _, copied := range fragments {
		if copied != nil {
			return copied, nil
		}
	}
	return []byte{}, nil // an empty value travels as none
}

func (d replicated) Share() float64 { return 1 }
