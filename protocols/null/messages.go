package null

import (
	"math"

	"github.com/powbench/powbench/protocols"
)

// A place is that of a message in an operation.
type place struct {
	op    protocols.Op
	round int // from 1
	reply bool
}

// kind packs the place, and whether the body is filled, into a Kind from 1 to 8·MaxRounds.
func (p place) kind(filled bool) protocols.Kind {
	k := protocols.Kind(p.round-1) << 3
	for bit, is := range []bool{filled, p.reply, p.op == protocols.Write} {
		if is {
			k |= 1 << bit
		}
	}
	return k + 1
}

// placeOf unpacks a kind.
func placeOf(k protocols.Kind) (p place, filled bool) {
	k--
	p = place{op: protocols.Read, round: int(k>>3) + 1, reply: k&2 > 0}
	if k&4 > 0 {
		p.op = protocols.Write
	}
	return p, k&1 > 0
}

// The bodies say nothing but where they belong. Both kinds together have any length that a namesake's have.
type (
	// Blank is one byte long.
	Blank struct{ is protocols.Kind }
	// Filled is as long as its fill makes it.
	Filled struct {
		is   protocols.Kind
		Fill []byte
	}
)

// Kind implements protocols.Body.
func (b *Blank) Kind() protocols.Kind { return b.is }

// Kind implements protocols.Body.
func (f *Filled) Kind() protocols.Kind { return f.is }

// NewBody implements protocols.Protocol.
func (Protocol) NewBody(kind protocols.Kind) protocols.Body {
	p, filled := placeOf(kind)
	switch {
	case kind == 0 || p.round > protocols.MaxRounds:
		return nil
	case filled:
		return &Filled{is: kind}
	}
	return &Blank{is: kind}
}

// newBody is a body for the place that is so many bytes long in msgpack. There is none of 259, 65 540 and 65 541 bytes; it
// is a byte or two shorter then.
func newBody(p place, bytes int) protocols.Body {
	if bytes <= 1 {
		return &Blank{is: p.kind(false)}
	}
	f := &Filled{is: p.kind(true)}
	// An array of one item, and its length, in one byte, two or four, behind a byte that says which; nil is one byte.
	switch {
	case bytes-3 > math.MaxUint8 && bytes-4 > math.MaxUint16:
		f.Fill = make([]byte, bytes-6)
	case bytes-3 > math.MaxUint8:
		f.Fill = make([]byte, bytes-4)
	case bytes > 2:
		f.Fill = make([]byte, bytes-3)
	}
	return f
}

// isBody reports whether the body belongs to the place.
func isBody(b protocols.Body, p place) bool {
	if b == nil {
		return false
	}
	is, _ := placeOf(b.Kind())
	return is == p
}
