package workloads

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/cespare/xxhash/v2"

	"github.com/powbench/powbench/protocols"
)

// MinValueBytes is the size of the smallest value: a header without a body.
const MinValueBytes = 32

const (
	tapeBytes  = 4 << 20  // much more than a value, so that its pieces rarely overlap
	pieceBytes = 64 << 10 // of a body, from one place of the tape
)

// ErrForeign marks a value that was written under another key.
var ErrForeign = errors.New("value of another key")

// ErrCorrupt marks bytes that no writer of this run wrote as one value.
var ErrCorrupt = errors.New("corrupt value")

// An ID names the value that a client wrote by its operation Seq. It is unique in a run.
type ID struct {
	Client uint64
	Seq    uint64
}

// String formats id as client.seq.
func (id ID) String() string { return fmt.Sprintf("%d.%d", id.Client, id.Seq) }

// Values makes values that are unique and can be checked. A value is a header of four little-endian 64-bit words (hash of
// the key, client, sequence, length in bytes of the whole value) and a pseudo-random body that depends on all of them.
//
// Bodies are cut from one random tape, piece by piece, at offsets drawn from the header's hash: to make one costs a copy,
// to check it a comparison. Mixed halves of two values are found, and so are swapped halves of one. Values does not
// change once made and is safe for concurrent use.
type Values struct {
	seed uint64
	tape []byte
}

// NewValues returns the Values of a run. To check a value takes the seed with which it was made.
func NewValues(seed uint64) *Values {
	v := &Values{seed: seed, tape: make([]byte, tapeBytes)}
	src := rand.NewPCG(Derive(seed, "tape"), 0)
	for i := 0; i < tapeBytes; i += 8 {
		binary.LittleEndian.PutUint64(v.tape[i:], src.Uint64())
	}
	return v
}

// Fill overwrites buf, of at least MinValueBytes, with the value id of key, of the same length.
func (v *Values) Fill(buf []byte, id ID, key protocols.Key) {
	le := binary.LittleEndian
	le.PutUint64(buf[24:], uint64(len(buf)))
	le.PutUint64(buf, xxhash.Sum64String(string(key)))
	le.PutUint64(buf[8:], id.Client)
	le.PutUint64(buf[16:], id.Seq)
	offsets := v.offsets(buf)
	for body := buf[MinValueBytes:]; len(body) > 0; {
		n := copy(body[:min(len(body), pieceBytes)], v.tape[offsets.next():])
		body = body[n:]
	}
}

// Check returns the ID of the value of key that buf holds. It fails with ErrForeign or ErrCorrupt, and says what is wrong.
// A wrong ID of a value without a body is not found.
func (v *Values) Check(buf []byte, key protocols.Key) (ID, error) {
	if len(buf) < MinValueBytes {
		return ID{}, fmt.Errorf("%w: %d bytes, a header has %d", ErrCorrupt, len(buf), MinValueBytes)
	}
	le := binary.LittleEndian
	id := ID{Client: le.Uint64(buf[8:]), Seq: le.Uint64(buf[16:])}
	if le.Uint64(buf) != xxhash.Sum64String(string(key)) {
		return ID{}, fmt.Errorf("%w than %q: it says it is %v", ErrForeign, key, id)
	}
	if length := le.Uint64(buf[24:]); length != uint64(len(buf)) {
		return ID{}, fmt.Errorf("%w: %d bytes long, but %v of %q has %d", ErrCorrupt, len(buf), id, key, length)
	}
	if at := v.mismatch(buf); at >= 0 {
		return ID{}, fmt.Errorf("%w: byte %d of %d is not that of %v of %q", ErrCorrupt, at, len(buf), id, key)
	}
	return id, nil
}

// mismatch returns the index of the body's first byte that does not fit the header, or -1.
func (v *Values) mismatch(buf []byte) int {
	offsets := v.offsets(buf)
	for at := MinValueBytes; at < len(buf); {
		piece := buf[at:min(len(buf), at+pieceBytes)]
		want := v.tape[offsets.next():][:len(piece)]
		if !bytes.Equal(piece, want) {
			for i := range piece {
				if piece[i] != want[i] {
					return at + i
				}
			}
		}
		at += len(piece)
	}
	return -1
}

// offsets draws the offsets on the tape of a body's pieces.
type offsets struct{ rand.PCG }

func (v *Values) offsets(buf []byte) (o offsets) {
	o.Seed(v.seed, xxhash.Sum64(buf[:MinValueBytes]))
	return o
}

func (o *offsets) next() uint64 { return o.Uint64() % (tapeBytes - pieceBytes + 1) }
