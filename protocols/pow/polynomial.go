package pow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/edwards25519/field"
)

// Polynomial is the scheme of §3.3: the secret is a random polynomial P of degree T over Z_q, by its T+1 coefficients
// α_0 … α_T, and the commitment of server i its share (x_i, P(x_i)) at a random point x_i ≠ 0 of its own. T servers
// together do not know P. Without x_i, a forger finds another polynomial that takes the value P(x_i) there with a
// probability of T/(q−1) a try.
//
// Numbers are 32 bytes, little-endian. Every one of them has a single encoding; the others are refused.
type Polynomial struct {
	T int
	// Evaluate computes P(x); nil is Horner.
	Evaluate Evaluation
	// Count, unless nil, counts the multiplications. The scheme is then not safe for concurrent use.
	Count *Multiplications
}

var _ Scheme = Polynomial{}

// SecretSize implements Scheme: T+1 coefficients.
func (p Polynomial) SecretSize() int { return (p.T + 1) * elementSize }

// CommitmentSize implements Scheme: x_i and P(x_i).
func (p Polynomial) CommitmentSize() int { return 2 * elementSize }

// Private implements Scheme: a polynomial that takes a known value at a known point is easily made.
func (p Polynomial) Private() bool { return true }

// Commit implements Scheme.
func (p Polynomial) Commit(entropy io.Reader, n int) (secret []byte, commitments [][]byte, err error) {
	coefficients := make([]field.Element, p.T+1)
	for j := range coefficients {
		if err := draw(entropy, &coefficients[j]); err != nil {
			return nil, nil, fmt.Errorf("draw a coefficient: %w", err)
		}
		secret = append(secret, coefficients[j].Bytes()...)
	}
	commitments = make([][]byte, n)
	for i := range commitments {
		if commitments[i], err = p.share(entropy, coefficients); err != nil {
			return nil, nil, fmt.Errorf("draw the point of server %d: %w", i+1, err)
		}
	}
	return secret, commitments, nil
}

// share is (x, P(x)) at a random x ≠ 0: where x = 0, P(x) is the coefficient α_0 itself.
func (p Polynomial) share(entropy io.Reader, coefficients []field.Element) ([]byte, error) {
	var x field.Element
	if err := draw(entropy, &x); err != nil {
		return nil, err
	}
	if isZero(&x) {
		return nil, errZero
	}
	y := p.evaluate(coefficients, &x)
	return append(x.Bytes(), y.Bytes()...), nil
}

// Verify implements Scheme.
func (p Polynomial) Verify(commitment, secret []byte) bool {
	if len(commitment) != p.CommitmentSize() || len(secret) != p.SecretSize() {
		return false
	}
	encoded := slices.Concat(secret, commitment)
	numbers := make([]field.Element, p.T+3)
	for j := range numbers {
		if !decode(&numbers[j], encoded[j*elementSize:][:elementSize]) {
			return false
		}
	}
	x, y := &numbers[p.T+1], &numbers[p.T+2]
	got := p.evaluate(numbers[:p.T+1], x)
	return !isZero(x) && got.Equal(y) == 1
}

func (p Polynomial) evaluate(coefficients []field.Element, x *field.Element) field.Element {
	if p.Evaluate == nil {
		return Horner(coefficients, x, p.Count)
	}
	return p.Evaluate(coefficients, x, p.Count)
}

// elementSize is the length of an element of Z_q, q = 2²⁵⁵ − 19: large enough that a forger, who may try as often as
// servers answer, has no hope; and there is fast arithmetic for it.
const elementSize = 32

// errZero is as unlikely as guessing an element.
var errZero = errors.New("drew zero: the source of randomness is broken")

// draw draws an element uniformly, except for a bias below 2⁻²⁵⁶: it reduces 512 bits and so need not try twice.
func draw(entropy io.Reader, z *field.Element) error {
	var wide [2 * elementSize]byte
	if _, err := io.ReadFull(entropy, wide[:]); err != nil {
		return err
	}
	_, err := z.SetWideBytes(wide[:])
	return err
}

// decode sets z to the element and reports whether it was encoded as Bytes does: the field's own decoder also takes
// q … 2²⁵⁶ − 1.
func decode(z *field.Element, encoded []byte) bool {
	_, err := z.SetBytes(encoded)
	return err == nil && bytes.Equal(z.Bytes(), encoded)
}

func isZero(z *field.Element) bool { return z.Equal(new(field.Element)) == 1 }

// Multiplications is a count of multiplications modulo q, as in Table 1 of the paper. They are counted as they are made.
type Multiplications int

// multiply sets z = x·y and counts it, unless m is nil.
func (m *Multiplications) multiply(z, x, y *field.Element) {
	if m != nil {
		*m++
	}
	z.Multiply(x, y)
}

// An Evaluation computes P(x) = Σ α_j·x^j from the coefficients α_0 … α_t, at least one. It counts the multiplications
// in count, unless that is nil.
type Evaluation func(coefficients []field.Element, x *field.Element, count *Multiplications) field.Element

// Horner takes t multiplications: ((α_t·x + α_{t−1})·x + …)·x + α_0.
func Horner(coefficients []field.Element, x *field.Element, count *Multiplications) (sum field.Element) {
	for j := len(coefficients) - 1; j >= 0; j-- {
		if j < len(coefficients)-1 {
			count.multiply(&sum, &sum, x)
		}
		sum.Add(&sum, &coefficients[j])
	}
	return sum
}

// Naive takes each power of x by itself, t(t+1)/2 multiplications in all: as the costs of Table 1 suppose, O(t²) to
// verify one share and O(t³) to construct those of 3t+1 servers.
func Naive(coefficients []field.Element, x *field.Element, count *Multiplications) (sum field.Element) {
	for j := range coefficients {
		term := coefficients[j]
		for range j {
			count.multiply(&term, &term, x)
		}
		sum.Add(&sum, &term)
	}
	return sum
}
