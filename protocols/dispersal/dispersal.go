// Package dispersal lays values on servers. It cuts a value into S = 3t+1 fragments of which any t+1 restore it, with a
// cross-checksum that tells right fragments from wrong ones (the paper, Algorithm 4, lines 102 and 103); a Scheme does so
// or has an alternative. It imports the model and suite; protocols that disperse values import it.
//
// The code is systematic: the first t+1 fragments are the value, cut and padded with zeros, the others are parity.
package dispersal

import (
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/reedsolomon"

	"github.com/powbench/powbench/protocols"
)

// Data is the number k = t+1 of fragments that restore a value.
func Data(t int) int { return t + 1 }

// Total is the number S = 3t+1 of fragments, one a server.
func Total(t int) int { return 3*t + 1 }

// FragmentLength is the length in bytes of each fragment of a value of the given length. Even an empty value has
// fragments, so that it differs from no value at all.
func FragmentLength(length, t int) int { return paper(t).length(length) }

// Encode returns the fragments of the value. Those that need no padding lie in the value itself; the others come from
// mem. It fails if the value exceeds protocols.MaxValueBytes or t is out of range.
func Encode(value []byte, t int, mem protocols.Memory) ([][]byte, error) {
	return paper(t).encode(value, mem)
}

// Decode restores the value of cc from any t+1 of its S fragments; missing ones are nil. The caller has checked the
// fragments with Matches. It fails if they are too few or have not the length of those of cc. The value lies in mem and
// is not nil, even if it is empty.
func Decode(cc CrossChecksum, fragments [][]byte, t int, mem protocols.Memory) ([]byte, error) {
	return paper(t).decode(cc, fragments, mem)
}

// A code makes total fragments, of which any data restore the value.
type code struct{ data, total int }

// paper is the code of the paper's S = 3t+1 servers.
func paper(t int) code { return code{Data(t), Total(t)} }

func (c code) length(value int) int { return max(1, (value+c.data-1)/c.data) }

func (c code) encode(value []byte, mem protocols.Memory) ([][]byte, error) {
	if len(value) > protocols.MaxValueBytes {
		return nil, fmt.Errorf("value of %d bytes: the limit is %d; split it", len(value), protocols.MaxValueBytes)
	}
	coder, err := c.coder()
	if err != nil {
		return nil, err
	}
	n := c.length(len(value))
	whole := min(len(value)/n, c.data) // fragments without padding
	rest := mem.Bytes((c.total - whole) * n)
	clear(rest[copy(rest, value[whole*n:]) : (c.data-whole)*n])
	fragments := make([][]byte, 0, c.total)
	fragments = appendPieces(fragments, value[:whole*n], n)
	fragments = appendPieces(fragments, rest, n)
	return fragments, coder.Encode(fragments)
}

// appendPieces appends b to pieces, n bytes at a time.
func appendPieces(pieces [][]byte, b []byte, n int) [][]byte {
	for piece := range slices.Chunk(b, n) {
		pieces = append(pieces, piece)
	}
	return pieces
}

func (c code) decode(cc CrossChecksum, fragments [][]byte, mem protocols.Memory) ([]byte, error) {
	coder, err := c.coder()
	if err != nil {
		return nil, err
	}
	if err := c.decodable(cc, fragments); err != nil {
		return nil, err
	}
	n := c.length(int(cc.Length))
	value := mem.Bytes(c.data * n)
	shards := append(appendPieces(make([][]byte, 0, c.total), value, n), fragments[c.data:]...)
	complete := true
	for i, f := range fragments[:c.data] {
		if f != nil {
			copy(shards[i], f)
			continue
		}
		shards[i], complete = shards[i][:0], false // the coder restores it in place
	}
	if !complete {
		if err := coder.ReconstructData(shards); err != nil {
			return nil, fmt.Errorf("restore a value of %d bytes: %w", cc.Length, err)
		}
	}
	return value[:cc.Length], nil
}

// decodable says what keeps the fragments from being decoded.
func (c code) decodable(cc CrossChecksum, fragments [][]byte) error {
	if cc.Length > protocols.MaxValueBytes {
		return fmt.Errorf("cross-checksum of a value of %d bytes: the limit is %d", cc.Length, protocols.MaxValueBytes)
	}
	if len(fragments) != c.total {
		return fmt.Errorf("%d fragments, want %d of which some may be missing", len(fragments), c.total)
	}
	present, want := 0, c.length(int(cc.Length))
	for i, f := range fragments {
		switch {
		case f == nil:
		case len(f) != want:
			return fmt.Errorf("fragment %d has %d bytes, want %d", i+1, len(f), want)
		default:
			present++
		}
	}
	if present < c.data {
		return fmt.Errorf("%d fragments are present, want at least %d", present, c.data)
	}
	return nil
}

// coders holds the coder of each code: to make one takes longer than to use it.
var coders sync.Map

func (c code) coder() (reedsolomon.Encoder, error) {
	if coder, ok := coders.Load(c); ok {
		return coder.(reedsolomon.Encoder), nil
	}
	if c.data < 2 {
		return nil, fmt.Errorf("erasure code for t = %d: t must be at least 1", c.data-1)
	}
	coder, err := reedsolomon.New(c.data, c.total-c.data, reedsolomon.WithMaxGoroutines(1))
	if err != nil {
		return nil, fmt.Errorf("erasure code for t = %d: %w", c.data-1, err)
	}
	coders.Store(c, coder)
	return coder, nil
}
