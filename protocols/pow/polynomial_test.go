package pow

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519/field"
)

// q is 2²⁵⁵ − 19.
var q = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))

// number is the integer of a little-endian encoding.
func number(encoded []byte) *big.Int {
	b := bytes.Clone(encoded)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// encoding is the 32 bytes of an integer below 2²⁵⁶, canonical or not.
func encoding(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, elementSize))
	slices.Reverse(b)
	return b
}

// Both evaluations are those of the textbook, and make as many multiplications as they should: counted one by one.
func TestEvaluations(t *testing.T) {
	entropy := rand.NewChaCha8([32]byte{3})
	for f := 1; f <= 10; f++ {
		secret, commitments, err := Polynomial{T: f}.Commit(entropy, 1)
		if err != nil {
			t.Fatal(err)
		}
		x, want := number(commitments[0][:elementSize]), new(big.Int)
		for j := range f + 1 {
			power := new(big.Int).Exp(x, big.NewInt(int64(j)), q)
			want.Add(want, power.Mul(power, number(secret[j*elementSize:][:elementSize])))
		}
		if y := commitments[0][elementSize:]; !bytes.Equal(y, encoding(want.Mod(want, q))) {
			t.Fatalf("t=%d: P(x) = %x, want %v", f, y, want)
		}
		for name, e := range map[string]struct {
			evaluate Evaluation
			count    int
		}{"Horner": {Horner, f}, "naive": {Naive, f * (f + 1) / 2}} {
			var count Multiplications
			p := Polynomial{T: f, Evaluate: e.evaluate, Count: &count}
			if !p.Verify(commitments[0], secret) || int(count) != e.count {
				t.Errorf("t=%d: %s evaluation does not verify, or in %d multiplications, want %d", f, name, count, e.count)
			}
			count = 0
			if _, _, err = p.Commit(entropy, 3*f+1); err != nil || int(count) != (3*f+1)*e.count {
				t.Errorf("t=%d: %d multiplications to construct, want %d (%v)", f, count, (3*f+1)*e.count, err)
			}
		}
	}
}

// A number of which there is a second encoding below 2²⁵⁶ is refused in that one, wherever it stands.
func TestNonCanonicalNumbers(t *testing.T) {
	zero, one := make([]byte, elementSize), encoding(big.NewInt(1))
	p := Polynomial{T: 1} // P(x) = 0 + 1·x, at x = 1
	secret, share := slices.Concat(zero, one), slices.Concat(one, one)
	if !p.Verify(share, secret) {
		t.Fatal("P(1) = 1 does not hold for P(x) = x")
	}
	top := new(big.Int).Lsh(big.NewInt(1), 255)
	for name, offset := range map[string]*big.Int{"q": q, "the ignored bit": top} {
		for place := range 4 {
			encoded := slices.Concat(secret, share)
			n := encoded[place*elementSize:][:elementSize]
			copy(n, encoding(new(big.Int).Add(number(n), offset)))
			if p.Verify(encoded[2*elementSize:], encoded[:2*elementSize]) {
				t.Errorf("number %d verifies with %s added", place, name)
			}
		}
	}
	if p.Verify(slices.Concat(zero, zero), secret) {
		t.Error("a share at x = 0 verifies")
	}
}

// t shares fit a polynomial for every value of α_0: t servers together know nothing of it.
func TestTooFewSharesTellNothing(t *testing.T) {
	secret, shares, err := Polynomial{T: 1}.Commit(rand.NewChaCha8([32]byte{4}), 4)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(secret)
	other[0]++ // α_0 + 1, and the α_1 that makes up for it at x_1
	x, y := number(shares[0][:elementSize]), number(shares[0][elementSize:])
	slope := new(big.Int).Sub(y, number(other[:elementSize]))
	slope.Mul(slope, new(big.Int).ModInverse(x, q)).Mod(slope, q)
	copy(other[elementSize:], encoding(slope))
	p := Polynomial{T: 1}
	if !p.Verify(shares[0], other) {
		t.Error("no other polynomial fits the share of one server")
	}
	for i, share := range shares[1:] {
		if p.Verify(share, other) {
			t.Errorf("the forged polynomial fits the share of server %d too", i+2)
		}
	}
}

// A broken source of randomness that yields zeros must not put x_i where α_0 is.
func TestZeroIsNotDrawn(t *testing.T) {
	source := strings.NewReader(strings.Repeat("\x00", 1000))
	if _, _, err := (Polynomial{T: 1}).Commit(source, 1); err == nil || !strings.Contains(err.Error(), "zero") {
		t.Errorf("error %v, want that zero was drawn", err)
	}
}

// draw reduces 512 bits: q + 5 comes out as 5.
func TestDrawReduces(t *testing.T) {
	wide := append(encoding(new(big.Int).Add(q, big.NewInt(5))), make([]byte, elementSize)...)
	var z field.Element
	if err := draw(bytes.NewReader(wide), &z); err != nil || number(z.Bytes()).Int64() != 5 {
		t.Errorf("q + 5 is drawn as %x (%v)", z.Bytes(), err)
	}
}
