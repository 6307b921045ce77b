package mpowerstore

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// A disperser is how a value lies on the servers: what each of them stores, called its fragment, and how to tell and to
// put together again what they return. Nothing else in the protocol depends on it.
type disperser interface {
	// encode is the servers' fragments of the value and what identifies them; buffers come from mem.
	encode(value []byte, mem protocols.Memory) ([][]byte, dispersal.CrossChecksum, error)
	// shaped reports whether encode makes such a cross-checksum; length is how many bytes its fragments then have.
	shaped(cc dispersal.CrossChecksum) bool
	length(cc dispersal.CrossChecksum) int
	// right reports whether the fragment is the server's of cc, which is shaped.
	right(cc dispersal.CrossChecksum, server int, fragment []byte) bool
	// enough is how many right fragments decode needs.
	enough() int
	// decode restores the value from fragments by server, enough of them right and the others nil. It lies in mem or is
	// one of the fragments.
	decode(cc dispersal.CrossChecksum, fragments [][]byte, mem protocols.Memory) ([]byte, error)
	// share is the length of a fragment in multiples of the value's.
	share() float64
}

// coded disperses values as the paper does (lines 102, 103 and 141): any t+1 fragments restore the value.
type coded struct {
	t     int
	suite suite.Suite
}

func (d coded) encode(value []byte, mem protocols.Memory) ([][]byte, dispersal.CrossChecksum, error) {
	fragments, err := dispersal.Encode(value, d.t, mem)
	if err != nil {
		return nil, dispersal.CrossChecksum{}, err
	}
	return fragments, dispersal.Checksum(d.suite, len(value), fragments), nil
}

func (d coded) shaped(cc dispersal.CrossChecksum) bool { return cc.WellFormed(d.suite, d.t) }

func (d coded) length(cc dispersal.CrossChecksum) int {
	return dispersal.FragmentLength(int(cc.Length), d.t)
}

func (d coded) right(cc dispersal.CrossChecksum, server int, fragment []byte) bool {
	return cc.Matches(d.suite, server, fragment)
}

func (d coded) enough() int { return dispersal.Data(d.t) }

func (d coded) decode(cc dispersal.CrossChecksum, fragments [][]byte, mem protocols.Memory) ([]byte, error) {
	return dispersal.Decode(cc, fragments, d.t, mem)
}

func (d coded) share() float64 { return 1 / float64(dispersal.Data(d.t)) }

// replicated has every server store the whole value. Its cross-checksum has one hash, as all fragments are the same: so
// a WRITE hashes the value once and copies it nowhere, and a READ hashes one copy and returns it where it lies.
type replicated struct {
	servers int
	suite   suite.Suite
}

func (d replicated) encode(value []byte, _ protocols.Memory) ([][]byte, dispersal.CrossChecksum, error) {
	copies := slices.Repeat([][]byte{value}, d.servers)
	return copies, dispersal.Checksum(d.suite, len(value), copies[:1]), nil
}

func (d replicated) shaped(cc dispersal.CrossChecksum) bool {
	return cc.Length <= protocols.MaxValueBytes && len(cc.Hashes) == 1 && len(cc.Hashes[0]) == d.suite.HashSize()
}

func (d replicated) length(cc dispersal.CrossChecksum) int { return int(cc.Length) }

func (d replicated) right(cc dispersal.CrossChecksum, _ int, fragment []byte) bool {
	return bytes.Equal(d.suite.Hash(fragment), cc.Hashes[0])
}

func (d replicated) enough() int { return 1 }

func (d replicated) decode(_ dispersal.CrossChecksum, fragments [][]byte, _ protocols.Memory) ([]byte, error) {
	for _, copied := range fragments {
		if copied != nil {
			return copied, nil
		}
	}
	return []byte{}, nil // an empty value travels as none
}

func (d replicated) share() float64 { return 1 }
