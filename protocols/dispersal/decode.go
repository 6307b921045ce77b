package dispersal

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
)

// Decode restores the value of cc from any t+1 of its S fragments, those missing being nil. It believes the fragments,
// which the caller has checked with Matches; it fails if they are too few or cannot be of a value of cc's length. The
// value lies in mem and is not nil, even if it is empty.
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
