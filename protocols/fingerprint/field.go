package fingerprint

import (
	"encoding/binary"
	"sync"
)

// Size is the length of a fingerprint in bytes: γ = 16 elements of GF(2⁸).
const Size = 16

// An element is one of GF(2⁸)^16: a polynomial over GF(2⁸), the constant term first, modulo X¹⁶ + X⁵ + X² + 2, which is
// irreducible. GF(2⁸) is that of klauspost/reedsolomon: bytes modulo x⁸ + x⁴ + x³ + x² + 1.
type element [Size]byte

// double is b·x in GF(2⁸).
func double(b byte) byte { return b<<1 ^ (b>>7)*0x1d }

// shift is e·X.
func (e element) shift() (z element) {
	copy(z[1:], e[:Size-1])
	top := e[Size-1]
	z[0] ^= double(top)
	z[2] ^= top
	z[5] ^= top
	return z
}

// A words is an element as two numbers, to add in two steps.
type words [2]uint64

func (e element) words() words {
	return words{binary.LittleEndian.Uint64(e[:]), binary.LittleEndian.Uint64(e[8:])}
}

func (w words) element() (e element) {
	binary.LittleEndian.PutUint64(e[:], w[0])
	binary.LittleEndian.PutUint64(e[8:], w[1])
	return e
}

// A table multiplies by one point r: its entry j, b is b·X^j·r. It has 64 KiB, and tables are used again.
type table [Size][256]words

var tables = sync.Pool{New: func() any { return new(table) }}

// fill makes the table that of r. An entry is linear in b: those of powers of two give the others.
func (t *table) fill(r element) {
	for j := range t {
		scaled := r
		for bit := range 8 {
			t[j][1<<bit] = scaled.words()
			for k := range scaled {
				scaled[k] = double(scaled[k])
			}
		}
		t[j][0] = words{}
		for b := 1; b < 256; b++ {
			low := b & -b
			rest := t[j][b^low]
			t[j][b] = words{t[j][low][0] ^ rest[0], t[j][low][1] ^ rest[1]}
		}
		r = r.shift()
	}
}

// times is a·r. It is unrolled: the compiler's own loop takes twice the time.
func (t *table) times(a words) words {
	lo, hi := a[0], a[1]
	e0, e8 := &t[0][byte(lo)], &t[8][byte(hi)]
	e1, e9 := &t[1][byte(lo>>8)], &t[9][byte(hi>>8)]
	e2, e10 := &t[2][byte(lo>>16)], &t[10][byte(hi>>16)]
	e3, e11 := &t[3][byte(lo>>24)], &t[11][byte(hi>>24)]
	e4, e12 := &t[4][byte(lo>>32)], &t[12][byte(hi>>32)]
	e5, e13 := &t[5][byte(lo>>40)], &t[13][byte(hi>>40)]
	e6, e14 := &t[6][byte(lo>>48)], &t[14][byte(hi>>48)]
	e7, e15 := &t[7][byte(lo>>56)], &t[15][byte(hi>>56)]
	return words{
		e0[0] ^ e1[0] ^ e2[0] ^ e3[0] ^ e4[0] ^ e5[0] ^ e6[0] ^ e7[0] ^
			e8[0] ^ e9[0] ^ e10[0] ^ e11[0] ^ e12[0] ^ e13[0] ^ e14[0] ^ e15[0],
		e0[1] ^ e1[1] ^ e2[1] ^ e3[1] ^ e4[1] ^ e5[1] ^ e6[1] ^ e7[1] ^
			e8[1] ^ e9[1] ^ e10[1] ^ e11[1] ^ e12[1] ^ e13[1] ^ e14[1] ^ e15[1],
	}
}

// evaluate is the polynomial at r, by Horner: its coefficients are the data, 16 bytes each, the highest first. Zeros fill
// up the last.
func (t *table) evaluate(data []byte) (sum words) {
	for ; len(data) >= Size; data = data[Size:] {
		sum = t.times(sum)
		sum[0] ^= binary.LittleEndian.Uint64(data)
		sum[1] ^= binary.LittleEndian.Uint64(data[8:])
	}
	if len(data) > 0 {
		var last element
		copy(last[:], data)
		sum = t.times(sum)
		sum[0] ^= last.words()[0]
		sum[1] ^= last.words()[1]
	}
	return sum
}
