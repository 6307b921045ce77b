package fingerprint

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// multiply is the product in GF(2⁸), bit by bit.
func multiply(a, b byte) (z byte) {
	for ; b > 0; a, b = double(a), b>>1 {
		z ^= a * (b & 1)
	}
	return z
}

// product is a·b, by definition.
func product(a, b element) (z element) {
	for _, c := range b {
		for k := range z {
			z[k] ^= multiply(a[k], c)
		}
		a = a.shift()
	}
	return z
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// The modulus is irreducible by Rabin's test: X^(q^16) = X, and X^(q^8) − X is a unit, with q = 256. An element of the
// ring is a unit if some power of it is 1; the group of a field's has q^16 − 1.
func TestField(t *testing.T) {
	frobenius := func(a element, squarings int) element {
		for range squarings {
			a = product(a, a)
		}
		return a
	}
	x := element{0, 1}
	half := frobenius(x, 8*8)
	if full := frobenius(half, 8*8); full != x {
		t.Errorf("X^(q^16) is %v, want X", full)
	}
	half[1] ^= 1
	power := element{1} // half^(2^128 − 1), by squaring and multiplying
	for range 128 {
		power = product(product(power, power), half)
	}
	if power != (element{1}) {
		t.Errorf("X^(q^8) − X to the power q^16 − 1 is %v, want 1", power)
	}
}

// Horner by tables is Horner by definition, for data that fill no block too.
func TestFingerprint(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 15, 16, 17, 32, 100, 4096} {
		point, data := Point(random(r, Size)), random(r, n)
		var want element
		for rest := append(bytes.Clone(data), make([]byte, (Size-n%Size)%Size)...); len(rest) > 0; rest = rest[Size:] {
			want = product(want, element(point))
			for k := range want {
				want[k] ^= rest[k]
			}
		}
		if got := Fingerprint(point, data); got != want {
			t.Errorf("fingerprint of %d bytes: %x, want %x", n, got, want)
		}
	}
}

// The fingerprint is linear, hence the fingerprints of a codeword are the codeword of the fingerprints: for every t that
// the code allows, 3t+1 ≤ 256.
func TestLinear(t *testing.T) {
	for faults := 1; faults <= 85; faults++ {
		r := rand.New(rand.NewPCG(2, uint64(faults)))
		n := dispersal.Data(faults)*(1+r.IntN(40)) - r.IntN(dispersal.Data(faults))
		fragments, err := dispersal.Encode(random(r, n), faults, protocols.Heap{})
		if err != nil {
			t.Fatalf("t = %d: %v", faults, err)
		}
		point := Point(random(r, Size))
		var prints []byte
		for _, f := range fragments[:dispersal.Data(faults)] {
			p := Fingerprint(point, f)
			prints = append(prints, p[:]...)
		}
		want, err := dispersal.Encode(prints, faults, protocols.Heap{})
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range fragments {
			if got := Fingerprint(point, f); !bytes.Equal(got[:], want[i]) {
				t.Errorf("t = %d: the fingerprint of fragment %d is %x, the code makes it %x", faults, i+1, got, want[i])
			}
		}
	}
}

// Every fragment of a codeword is consistent with its checksum, and nothing else is.
func TestConsistent(t *testing.T) {
	for _, s := range []suite.Suite{suite.Paper(), suite.Modern()} {
		for faults := 1; faults <= 4; faults++ {
			for _, n := range []int{0, 1, 33, 1000} {
				t.Run(fmt.Sprintf("%s/t=%d/%d", s.Name(), faults, n), func(t *testing.T) { consistent(t, s, faults, n) })
			}
		}
	}
}

func consistent(t *testing.T, s suite.Suite, faults, n int) {
	r := rand.New(rand.NewPCG(uint64(n), uint64(faults)))
	fragments, err := dispersal.Encode(random(r, n), faults, protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	c := New(s, n, fragments, faults)
	if !c.WellFormed(s, faults) || !c.Equal(New(s, n, fragments, faults)) {
		t.Errorf("%+v is not well-formed, or not equal to itself", c)
	}
	for i, f := range fragments {
		if !c.Consistent(s, faults, i, f) {
			t.Errorf("fragment %d is not consistent", i+1)
		}
		other := bytes.Clone(f)
		other[r.IntN(len(other))] ^= 1
		if c.Consistent(s, faults, i, other) || c.Consistent(s, faults, i, append(other, 0)) {
			t.Errorf("a wrong fragment %d is consistent", i+1)
		}
	}
}

// A writer that lies hashes what it likes: a fragment that is of no codeword matches its own hash, and only the
// fingerprint tells. Those of the codeword stay consistent.
func TestPoisonous(t *testing.T) {
	for faults := 1; faults <= 4; faults++ {
		s, r := suite.Modern(), rand.New(rand.NewPCG(3, uint64(faults)))
		const n = 500
		fragments, err := dispersal.Encode(random(r, n), faults, protocols.Heap{})
		if err != nil {
			t.Fatal(err)
		}
		bad := dispersal.Data(faults) + r.IntN(2*faults) // a fragment of parity: its fingerprint is not in the checksum
		fragments[bad] = bytes.Clone(fragments[bad])
		fragments[bad][7] ^= 1
		c := New(s, n, fragments, faults)
		for i, f := range fragments {
			if !c.CC.Matches(s, i, f) {
				t.Fatalf("t = %d: fragment %d does not match its hash", faults, i+1)
			}
			if got := c.Consistent(s, faults, i, f); got != (i != bad) {
				t.Errorf("t = %d: fragment %d is consistent: %v, fragment %d is wrong", faults, i+1, got, bad+1)
			}
		}
	}
}

func TestWellFormed(t *testing.T) {
	s := suite.Modern()
	fragments, err := dispersal.Encode(make([]byte, 10), 1, protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	good := New(s, 10, fragments, 1)
	short, few := good, good
	short.Prints = good.Prints[1:]
	few.CC.Hashes = good.CC.Hashes[1:]
	for _, c := range []Checksum{{}, short, few} {
		if c.WellFormed(s, 1) || c.Equal(good) {
			t.Errorf("%+v is well-formed or equal to another", c)
		}
	}
}

func BenchmarkFingerprint(b *testing.B) {
	data := make([]byte, 128<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Fingerprint(Point{1, 2, 3}, data)
	}
}
