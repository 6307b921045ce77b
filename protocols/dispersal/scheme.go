package dispersal

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

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
	// Enough is how many right fragments Decode needs.
	Enough() int
	// Decode restores the value from fragments by server: enough right ones, nil for the others. The value lies in mem or
	// is one of the fragments.
	Decode(cc CrossChecksum, fragments [][]byte, mem protocols.Memory) ([]byte, error)
	// Share is the length of a fragment in multiples of the value's.
	Share() float64
}

// Coded is the paper's scheme (lines 102, 103 and 141): any t+1 fragments restore the value.
type Coded struct {
	T     int
	Suite suite.Suite
}

var _ Scheme = Coded{}

// Encode implements Scheme.
func (d Coded) Encode(value []byte, mem protocols.Memory) ([][]byte, CrossChecksum, error) {
	fragments, err := Encode(value, d.T, mem)
	if err != nil {
		return nil, CrossChecksum{}, err
	}
	return fragments, Checksum(d.Suite, len(value), fragments), nil
}

// WellFormed implements Scheme.
func (d Coded) WellFormed(cc CrossChecksum) bool { return cc.WellFormed(d.Suite, d.T) }

// Length implements Scheme.
func (d Coded) Length(cc CrossChecksum) int { return FragmentLength(int(cc.Length), d.T) }

// Right implements Scheme.
func (d Coded) Right(cc CrossChecksum, server int, fragment []byte) bool {
	return cc.Matches(d.Suite, server, fragment)
}

// Enough implements Scheme.
func (d Coded) Enough() int { return Data(d.T) }

// Decode implements Scheme.
func (d Coded) Decode(cc CrossChecksum, fragments [][]byte, mem protocols.Memory) ([]byte, error) {
	return Decode(cc, fragments, d.T, mem)
}

// Share implements Scheme.
func (d Coded) Share() float64 { return 1 / float64(Data(d.T)) }

// Replicated has each of the servers store the whole value. Its cross-checksum has one hash, as all fragments are the
// same: so a WRITE hashes the value once and does not copy it, and a READ hashes one copy and returns it where it lies.
type Replicated struct {
	Servers int
	Suite   suite.Suite
}

var _ Scheme = Replicated{}

// Encode implements Scheme.
func (d Replicated) Encode(value []byte, _ protocols.Memory) ([][]byte, CrossChecksum, error) {
	copies := slices.Repeat([][]byte{value}, d.Servers)
	return copies, Checksum(d.Suite, len(value), copies[:1]), nil
}

// WellFormed implements Scheme.
func (d Replicated) WellFormed(cc CrossChecksum) bool {
	return cc.Length <= protocols.MaxValueBytes && len(cc.Hashes) == 1 && len(cc.Hashes[0]) == d.Suite.HashSize()
}

// Length implements Scheme.
func (d Replicated) Length(cc CrossChecksum) int { return int(cc.Length) }

// Right implements Scheme.
func (d Replicated) Right(cc CrossChecksum, _ int, fragment []byte) bool {
	return bytes.Equal(d.Suite.Hash(fragment), cc.Hashes[0])
}

// Enough implements Scheme.
func (d Replicated) Enough() int { return 1 }

// Decode implements Scheme.
func (d Replicated) Decode(_ CrossChecksum, fragments [][]byte, _ protocols.Memory) ([]byte, error) {
	for _, copied := range fragments {
		if copied != nil {
			return copied, nil
		}
	}
	return []byte{}, nil // an empty value travels as none
}

// Share implements Scheme.
func (d Replicated) Share() float64 { return 1 }
