// Package dispersal lays values on servers. It cuts a value into S = 3t+1 fragments of which any t+1 restore it, with a
// cross-checksum that tells right fragments from wrong ones (the paper, Algorithm 4, lines 102 and 103); a Scheme does so
// or has an alternative. It imports the model and suite; protocols that disperse values import it.
//
// The code is systematic: the first t+1 fragments are the value, cut and padded with zeros, the last 2t are parity.
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
func FragmentLength(length, t int) int {
	return max(1, (length+Data(t)-1)/Data(t))
}

// Encode returns the fragments of the value. Those that need no padding lie in the value itself; the others come from
// mem. It fails if the value exceeds protocols.MaxValueBytes or t is out of range.
func Encode(value []byte, t int, mem protocols.Memory) ([][]byte, error) {
	if len(value) > protocols.MaxValueBytes {
		return nil, fmt.Errorf("value of %d bytes: the limit is %d; split it", len(value), protocols.MaxValueBytes)
	}
	code, err := coder(t)
	if err != nil {
		return nil, err
	}
	n := FragmentLength(len(value), t)
	whole := min(len(value)/n, Data(t)) // fragments without padding
	rest := mem.Bytes((Total(t) - whole) * n)
	clear(rest[copy(rest, value[whole*n:]) : (Data(t)-whole)*n])
	fragments := make([][]byte, 0, Total(t))
	fragments = appendPieces(fragments, value[:whole*n], n)
	fragments = appendPieces(fragments, rest, n)
	return fragments, code.Encode(fragments)
}

// appendPieces appends b to pieces, n bytes at a time.
func appendPieces(pieces [][]byte, b []byte, n int) [][]byte {
	for piece := range slices.Chunk(b, n) {
		pieces = append(pieces, piece)
	}
	return pieces
}

// Decode restores the value of cc from any t+1 of its S fragments; missing ones are nil. The caller has checked the
// fragments with Matches. It fails if they are too few or have not the length of those of cc. The value lies in mem and
// is not nil, even if it is empty.
func Decode(cc CrossChecksum, fragments [][]byte, t int, mem protocols.Memory) ([]byte, error) {
	code, err := coder(t)
	if err != nil {
		return nil, err
	}
	if err := decodable(cc, fragments, t); err != nil {
		return nil, err
	}
	n, data := FragmentLength(int(cc.Length), t), Data(t)
	value := mem.Bytes(data * n)
	shards := append(appendPieces(make([][]byte, 0, Total(t)), value, n), fragments[data:]...)
	complete := true
	for i, f := range fragments[:data] {
		if f != nil {
			copy(shards[i], f)
			continue
		}
		shards[i], complete = shards[i][:0], false // the coder restores it in place
	}
	if !complete {
		if err := code.ReconstructData(shards); err != nil {
			return nil, fmt.Errorf("restore a value of %d bytes: %w", cc.Length, err)
		}
	}
	return value[:cc.Length], nil
}

// decodable says what keeps the fragments from being decoded.
func decodable(cc CrossChecksum, fragments [][]byte, t int) error {
	if cc.Length > protocols.MaxValueBytes {
		return fmt.Errorf("cross-checksum of a value of %d bytes: the limit is %d", cc.Length, protocols.MaxValueBytes)
	}
	if len(fragments) != Total(t) {
		return fmt.Errorf("%d fragments, want %d of which some may be missing", len(fragments), Total(t))
	}
	present, want := 0, FragmentLength(int(cc.Length), t)
	for i, f := range fragments {
		switch {
		case f == nil:
		case len(f) != want:
			return fmt.Errorf("fragment %d has %d bytes, want %d", i+1, len(f), want)
		default:
			present++
		}
	}
	if present < Data(t) {
		return fmt.Errorf("%d fragments are present, want at least %d", present, Data(t))
	}
	return nil
}

// coders holds the coder of each t: to make one takes longer than to use it.
var coders sync.Map

func coder(t int) (reedsolomon.Encoder, error) {
	if code, ok := coders.Load(t); ok {
		return code.(reedsolomon.Encoder), nil
	}
	if t < 1 {
		return nil, fmt.Errorf("erasure code for t = %d: t must be at least 1", t)
	}
	code, err := reedsolomon.New(Data(t), Total(t)-Data(t), reedsolomon.WithMaxGoroutines(1))
	if err != nil {
		return nil, fmt.Errorf("erasure code for t = %d: %w", t, err)
	}
	coders.Store(t, code)
	return code, nil
}
