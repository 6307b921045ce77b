package suite

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"io"
)

// Weightless is the suite s without its cost: every digest, tag, key and signature has the same size, and equal input
// gives equal output, but nothing is secret and nothing is proven. It is for counting what a protocol moves.
func Weightless(s Suite) Suite { return weightless{s} }

type weightless struct{ Suite }

func (w weightless) Hash(parts ...[]byte) []byte { return stamp(w.HashSize(), nil, parts) }

func (w weightless) MAC(key []byte) MAC { return weightlessMAC{w.HashSize(), key} }

func (w weightless) GenerateKey(io.Reader) (private, public []byte, err error) {
	return make([]byte, 1), make([]byte, w.PublicKeySize()), nil
}

func (w weightless) Signer([]byte) (Signer, error) { return signer(w.SignatureSize()), nil }

func (w weightless) Verifier([]byte) (Verifier, error) { return signer(w.SignatureSize()), nil }

type weightlessMAC struct {
	size int
	key  []byte
}

func (m weightlessMAC) Sum(parts ...[]byte) []byte { return stamp(m.size, m.key, parts) }

func (m weightlessMAC) Verify(tag []byte, parts ...[]byte) bool {
	return bytes.Equal(tag, m.Sum(parts...))
}

// signer signs and verifies with so many bytes, which say nothing.
type signer int

func (s signer) Sign(io.Reader, []byte) ([]byte, error) { return make([]byte, s), nil }

func (s signer) Verify(_, signature []byte) bool { return len(signature) == int(s) }

// stamped is how many bytes of each part a stamp looks at.
const stamped = 64

// stamp is size bytes that depend on the key, and on the length and the first bytes of each part.
func stamp(size int, key []byte, parts [][]byte) []byte {
	h := fnv.New64a()
	h.Write(key)
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p[:min(len(p), stamped)])
	}
	out := make([]byte, max(size, 8))
	h.Sum(out[:0])
	return out[:size]
}
