package pow

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/edwards25519/field"
)

// elementSize is the length of an element of Z_q, q = 2²⁵⁵ − 19: large enough that a forger, who may try as often as
// servers answer, has no hope; and there is fast arithmetic for it.
const elementSize = 32

// errZero is as likely as to guess an element.
var errZero = errors.New("drew zero: the source of randomness is broken")

// draw draws an element uniformly, but for a bias below 2⁻²⁵⁶: it reduces 512 bits and so need not try twice.
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

// Multiplications is a count of multiplications modulo q: what Table 1 of the paper counts. They are counted as they
// are made.
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
