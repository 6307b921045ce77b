package workloads

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/powbench/powbench/protocols"
)

const key = "key-000007"

func TestValuesFillThenCheck(t *testing.T) {
	v := NewValues(1)
	for _, size := range []int{32, 33, 40, 1000, pieceBytes, pieceBytes + MinValueBytes, 256 << 10, tapeBytes * 3} {
		id := ID{Client: 3, Seq: uint64(size)}
		buf := make([]byte, size)
		v.Fill(buf, id, key)
		if got, err := NewValues(1).Check(buf, key); err != nil || got != id {
			t.Errorf("%d bytes: Check = %v, %v; want %v", size, got, err, id)
		}
	}
}

// Fill must not depend on what the buffer held before.
func TestValuesFillIsAFunctionOfItsArguments(t *testing.T) {
	v := NewValues(1)
	clean, dirty := make([]byte, 100_000), bytes.Repeat([]byte{0xff}, 100_000)
	v.Fill(clean, ID{1, 2}, key)
	v.Fill(dirty, ID{1, 2}, key)
	if !bytes.Equal(clean, dirty) {
		t.Error("the buffer's former content shows")
	}
}

func TestValuesCheckSaysWhatIsWrong(t *testing.T) {
	v := NewValues(1)
	fill := func(n int) []byte {
		buf := make([]byte, n)
		v.Fill(buf, ID{3, 9}, key)
		return buf
	}
	other := NewValues(2)
	long := fill(300_000)
	swapped := append(append(bytes.Clone(long[:MinValueBytes]), long[MinValueBytes+pieceBytes:][:pieceBytes]...),
		append(bytes.Clone(long[MinValueBytes:][:pieceBytes]), long[MinValueBytes+2*pieceBytes:]...)...)
	flip := func(at int) []byte {
		buf := bytes.Clone(long)
		buf[at] ^= 1
		return buf
	}
	tests := []struct {
		name string
		v    *Values
		buf  []byte
		key  string
		err  error
		text string
	}{
		{"too short", v, fill(100)[:31], key, ErrCorrupt, "31 bytes, a header has 32"},
		{"empty", v, nil, key, ErrCorrupt, "0 bytes"},
		{"another key", v, long, "key-000008", ErrForeign, `than "key-000008": it says it is 3.9`},
		{"cut off", v, long[:299_999], key, ErrCorrupt, `299999 bytes long, but 3.9 of "key-000007" has 300000`},
		{"first byte of the body", v, flip(32), key, ErrCorrupt, "byte 32 of 300000"},
		{"a byte of the second piece", v, flip(70_000), key, ErrCorrupt, "byte 70000 of 300000"},
		{"last byte", v, flip(299_999), key, ErrCorrupt, "byte 299999 of 300000"},
		{"client", v, flip(8), key, ErrCorrupt, "byte 3"},
		{"sequence", v, flip(16), key, ErrCorrupt, "byte 3"},
		{"pieces swapped", v, swapped, key, ErrCorrupt, "byte 3"},
		{"another seed", other, long, key, ErrCorrupt, "byte 3"},
	}
	for _, test := range tests {
		id, err := test.v.Check(test.buf, protocols.Key(test.key))
		if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.text) || id != (ID{}) {
			t.Errorf("%s: Check = %v, %v; want %v with %q", test.name, id, err, test.err, test.text)
		}
	}
}

// Any one flipped bit is found, wherever it is.
func TestValuesCheckFindsAnyFlippedBit(t *testing.T) {
	const seed = 11
	rng := rand.New(rand.NewPCG(seed, 0))
	v := NewValues(seed)
	buf := make([]byte, 5000)
	v.Fill(buf, ID{1, 1}, key)
	for range 5000 {
		at, bit := rng.IntN(len(buf)), byte(1)<<rng.IntN(8)
		buf[at] ^= bit
		if id, err := v.Check(buf, key); err == nil {
			t.Fatalf("seed %d: bit %#x of byte %d flipped, Check = %v, nil", seed, bit, at, id)
		}
		buf[at] ^= bit
	}
}

// Halves of two values of one key do not make a value.
func TestValuesAreUnlikeEachOther(t *testing.T) {
	v := NewValues(1)
	a, b := make([]byte, 4096), make([]byte, 4096)
	for seq := range uint64(1000) {
		v.Fill(a, ID{1, seq}, key)
		v.Fill(b, ID{2, seq}, key)
		copy(a[2048:], b[2048:])
		if _, err := v.Check(a, key); err == nil {
			t.Fatalf("values 1.%d and 2.%d share a half", seq, seq)
		}
	}
}

func TestValuesDoNotCompress(t *testing.T) {
	v := NewValues(1)
	buf := make([]byte, 256<<10)
	v.Fill(buf, ID{1, 1}, key)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	if n := len(enc.EncodeAll(buf, nil)); n < len(buf)*95/100 {
		t.Errorf("%d bytes compress to %d", len(buf), n)
	}
}

func TestValuesDoNotAllocate(t *testing.T) {
	v := NewValues(1)
	buf := make([]byte, 256<<10)
	if n := testing.AllocsPerRun(10, func() {
		v.Fill(buf, ID{1, 1}, key)
		if _, err := v.Check(buf, key); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations to fill and check a value", n)
	}
}

func BenchmarkValues(b *testing.B) {
	v := NewValues(1)
	for _, size := range []int{4 << 10, 256 << 10} {
		buf := make([]byte, size)
		seq := uint64(0)
		run := func(name string, f func()) {
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					f()
				}
			})
		}
		run("fill", func() { seq++; v.Fill(buf, ID{1, seq}, key) })
		run("check", func() {
			if _, err := v.Check(buf, key); err != nil {
				b.Fatal(err)
			}
		})
	}
}
