package dispersal_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/wire"
)

// dirty is memory with a past: whoever forgets to clear or fill a buffer shows.
type dirty struct{}

func (dirty) Bytes(n int) []byte { return bytes.Repeat([]byte{0xA5}, n) }

func value(n int, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	v := make([]byte, n)
	for i := range v {
		v[i] = byte(random.Uint32())
	}
	return v
}

// TestEveryLength encodes all short values and restores each from every set of t+1 fragments.
func TestEveryLength(t *testing.T) {
	for faults := 1; faults <= 4; faults++ {
		for n := range 71 {
			v := value(n, 1)
			fragments, err := dispersal.Encode(v, faults, dirty{})
			if err != nil {
				t.Fatal(err)
			}
			cc := dispersal.Checksum(suite.Modern(), n, fragments)
			for _, chosen := range subsets(dispersal.Total(faults), dispersal.Data(faults), 40) {
				got, err := dispersal.Decode(cc, pick(fragments, chosen), faults, dirty{})
				if err != nil || got == nil || !bytes.Equal(got, v) {
					t.Fatalf("t=%d, %d bytes, fragments %v: %x (%v), want %x", faults, n, chosen, got, err, v)
				}
			}
		}
	}
}

// TestAnyFragments restores random values from random sets of at least t+1 fragments.
func TestAnyFragments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		faults := rapid.IntRange(1, 10).Draw(t, "t")
		v := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "value")
		total := dispersal.Total(faults)
		order := rapid.Permutation(slices.Collect(seq(total))).Draw(t, "order")
		present := rapid.IntRange(dispersal.Data(faults), total).Draw(t, "present")
		fragments, err := dispersal.Encode(v, faults, dirty{})
		if err != nil {
			t.Fatal(err)
		}
		cc := dispersal.Checksum(suite.Paper(), len(v), fragments)
		kept := pick(fragments, order[:present])
		got, err := dispersal.Decode(cc, kept, faults, dirty{})
		if err != nil || !bytes.Equal(got, v) {
			t.Fatalf("got %x (%v), want %x", got, err, v)
		}
		if again := pick(fragments, order[:present]); !slices.EqualFunc(kept, again, bytes.Equal) {
			t.Fatal("decoding changed the fragments")
		}
	})
}

// TestLargestValue also shows that a value without padding is not copied.
func TestLargestValue(t *testing.T) {
	v := value(protocols.MaxValueBytes, 2)
	fragments, err := dispersal.Encode(v, 1, protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	if unsafe.SliceData(fragments[1]) != &v[len(v)/2] {
		t.Error("the second data fragment is not the value's second half itself")
	}
	got, err := dispersal.Decode(dispersal.Checksum(suite.Modern(), len(v), fragments),
		pick(fragments, []int{2, 3}), 1, protocols.Heap{})
	if err != nil || !bytes.Equal(got, v) {
		t.Fatalf("restored another value from parity (%v)", err)
	}
	if _, err := dispersal.Encode(make([]byte, len(v)+1), 1, protocols.Heap{}); err == nil {
		t.Error("encoded a value over the limit")
	}
}

// TestKnownFragments pins the code: fragments of one build must be read by another.
func TestKnownFragments(t *testing.T) {
	fragments, err := dispersal.Encode([]byte("PoWer"), 1, dirty{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `["PoW" "er\x00" ":U\xf9" "\x0fH\xae"]`
	if got := fmt.Sprintf("%q", fragments); got != want {
		t.Errorf("fragments %s, want %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	v := []byte("seventeen bytes !")
	fragments, _ := dispersal.Encode(v, 1, protocols.Heap{})
	cc := dispersal.Checksum(suite.Paper(), len(v), fragments)
	long := append(bytes.Clone(fragments[0]), 0)
	for name, c := range map[string]struct {
		length    uint64
		fragments [][]byte
		t         int
	}{
		"too few":           {17, [][]byte{fragments[0], nil, nil, nil}, 1},
		"wrong number":      {17, fragments[:3], 1},
		"long fragment":     {17, [][]byte{long, fragments[1], nil, nil}, 1},
		"wrong length":      {19, fragments, 1},
		"gigantic length":   {1 << 63, fragments, 1},
		"overflowing":       {1<<64 - 1, fragments, 1},
		"over the limit":    {protocols.MaxValueBytes + 1, fragments, 1},
		"no fault":          {17, fragments[:1], 0},
		"too many servers":  {17, make([][]byte, 301), 100},
		"no fragment given": {17, nil, 1},
	} {
		cc.Length = c.length
		if got, err := dispersal.Decode(cc, c.fragments, c.t, protocols.Heap{}); err == nil {
			t.Errorf("%s: decoded %q", name, got)
		}
	}
}

func TestCrossChecksum(t *testing.T) {
	s := suite.Paper()
	fragments, _ := dispersal.Encode(value(100, 3), 2, protocols.Heap{})
	cc := dispersal.Checksum(s, 100, fragments)
	data, err := wire.Marshal(nil, &cc)
	if err != nil {
		t.Fatal(err)
	}
	var other dispersal.CrossChecksum
	if err := wire.Unmarshal(data, &other); err != nil || !cc.Equal(other) || !other.WellFormed(s, 2) {
		t.Fatalf("%v after a round trip: %+v", err, other)
	}
	for i, f := range fragments {
		wrong := bytes.Clone(f)
		wrong[len(wrong)-1]++
		if !cc.Matches(s, i, f) || cc.Matches(s, i, wrong) || cc.Matches(s, (i+1)%7, f) {
			t.Errorf("fragment %d is told wrongly", i)
		}
	}
	for name, spoil := range map[string]func(*dispersal.CrossChecksum){
		"length": func(c *dispersal.CrossChecksum) { c.Length = protocols.MaxValueBytes + 1 },
		"hashes": func(c *dispersal.CrossChecksum) { c.Hashes = c.Hashes[1:] },
		"hash":   func(c *dispersal.CrossChecksum) { c.Hashes[3] = nil },
	} {
		bad := dispersal.CrossChecksum{Length: cc.Length, Hashes: slices.Clone(cc.Hashes)}
		spoil(&bad)
		if bad.WellFormed(s, 2) || bad.Equal(cc) {
			t.Errorf("a cross-checksum with another %s passes", name)
		}
	}
}

// pick keeps the chosen fragments.
func pick(fragments [][]byte, chosen []int) [][]byte {
	kept := make([][]byte, len(fragments))
	for _, i := range chosen {
		kept[i] = fragments[i]
	}
	return kept
}

// subsets returns all subsets of k of the first n numbers, or the first and last of them if there are more than limit.
func subsets(n, k, limit int) (all [][]int) {
	for mask := range 1 << n {
		var set []int
		for i := range n {
			if mask>>i&1 == 1 {
				set = append(set, i)
			}
		}
		if len(set) == k {
			all = append(all, set)
		}
	}
	if len(all) > limit {
		all = append(all[:limit/2], all[len(all)-limit/2:]...)
	}
	return all
}

func seq(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	v := value(256<<10, 4)
	for _, faults := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("t=%d", faults), func(b *testing.B) {
			mem := reuse{}
			b.SetBytes(int64(len(v)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := dispersal.Encode(v, faults, mem); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A READ restores the value from those of the last t+1 servers, most of them parity.
func BenchmarkDecode(b *testing.B) {
	v := value(256<<10, 4)
	for _, faults := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("t=%d", faults), func(b *testing.B) {
			fragments, err := dispersal.Encode(v, faults, dirty{})
			if err != nil {
				b.Fatal(err)
			}
			cc := dispersal.Checksum(suite.Modern(), len(v), fragments)
			clear(fragments[:len(fragments)-faults-1])
			mem := reuse{}
			b.SetBytes(int64(len(v)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := dispersal.Decode(cc, slices.Clone(fragments), faults, mem); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// reuse hands out the same buffer again and again.
type reuse map[int][]byte

func (r reuse) Bytes(n int) []byte {
	if r[n] == nil {
		r[n] = make([]byte, n)
	}
	return r[n]
}
