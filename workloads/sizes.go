package workloads

import (
	"encoding/binary"
	"sort"

	"github.com/cespare/xxhash/v2"

	"github.com/powbench/powbench/harness/result"
)

// Sizes says how large each value is, by its name alone: whoever knows the seed of a run and what was read or written knows how
// many bytes that were. It does not change once made and is safe for concurrent use.
type Sizes struct {
	seed   uint64
	sizes  []int
	bounds []float64 // of the parts of [0, 1) that belong to the sizes
}

// NewSizes returns the Sizes of a run, drawn from the distribution, which is Asked for.
func NewSizes(seed uint64, d result.Sizes) *Sizes {
	s := &Sizes{seed: Derive(seed, "sizes")}
	bound := 0.
	for _, x := range d.Shares() {
		bound += x.Share
		s.sizes, s.bounds = append(s.sizes, x.Bytes), append(s.bounds, bound)
	}
	return s
}

// Of is the size of the value of that name in bytes.
func (s *Sizes) Of(id ID) int {
	var name [24]byte
	binary.LittleEndian.PutUint64(name[:], s.seed)
	binary.LittleEndian.PutUint64(name[8:], id.Client)
	binary.LittleEndian.PutUint64(name[16:], id.Seq)
	u := float64(xxhash.Sum64(name[:])>>11) / (1 << 53)
	i := sort.SearchFloat64s(s.bounds, u)
	return s.sizes[min(i, len(s.sizes)-1)] // rounding may leave the last bound just below 1
}

// Largest is the size of the largest value.
func (s *Sizes) Largest() int { return s.sizes[len(s.sizes)-1] }
