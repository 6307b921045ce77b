package suite

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"lukechampine.com/blake3"
)

// Paper is the suite of the paper (§6.1): SHA-1, HMAC-SHA1, nonces of 160 bits and DSA with 1024 bits. It is there to
// measure what the paper measured. Nothing else should rely on it.
func Paper() Suite { return paper{} }

type paper struct{ dsaScheme }

func (paper) Name() string       { return "paper" }
func (paper) HashSize() int      { return sha1.Size }
func (paper) NonceSize() int     { return 160 / 8 }
func (paper) MAC(key []byte) MAC { return newMAC(sha1.New, key) }

func (paper) Hash(parts ...[]byte) []byte {
	if len(parts) == 1 {
		sum := sha1.Sum(parts[0])
		return sum[:]
	}
	return hashParts(sha1.New(), parts)
}

// Modern is the suite of today: SHA-256, HMAC-SHA256, nonces of 256 bits and Ed25519.
func Modern() Suite { return modern{} }

type modern struct{ ed25519Scheme }

func (modern) Name() string       { return "modern" }
func (modern) HashSize() int      { return sha256.Size }
func (modern) NonceSize() int     { return 256 / 8 }
func (modern) MAC(key []byte) MAC { return newMAC(sha256.New, key) }

func (modern) Hash(parts ...[]byte) []byte {
	if len(parts) == 1 {
		sum := sha256.Sum256(parts[0])
		return sum[:]
	}
	return hashParts(sha256.New(), parts)
}

// Blake3 is the modern suite with another hash, BLAKE3, which has instructions of today's processors work on many blocks at once:
// where the network does not limit, protocols that hash values wait for little else.
func Blake3() Suite { return blake{} }

type blake struct{ modern }

func (blake) Name() string { return "blake3" }

func (blake) Hash(parts ...[]byte) []byte {
	if len(parts) == 1 {
		sum := blake3.Sum256(parts[0])
		return sum[:]
	}
	return hashParts(blake3.New(sha256.Size, nil), parts)
}

func hashParts(h hash.Hash, parts [][]byte) []byte {
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// mac is an HMAC under one key. Resetting a keyed state takes a third of the time that making one does, hence the pool.
type mac struct {
	states sync.Pool
}

// macState is a keyed HMAC with the scratch space that keeps Sum from allocating.
type macState struct {
	hash.Hash
	length [8]byte
	tag    []byte
}

func newMAC(newHash func() hash.Hash, key []byte) *mac {
	key = append([]byte(nil), key...)
	return &mac{sync.Pool{New: func() any {
		h := hmac.New(newHash, key)
		return &macState{Hash: h, tag: make([]byte, 0, h.Size())}
	}}}
}

func (m *mac) Sum(parts ...[]byte) []byte {
	s := m.states.Get().(*macState)
	defer m.states.Put(s)
	return append([]byte(nil), s.sum(parts)...)
}

func (m *mac) Verify(tag []byte, parts ...[]byte) bool {
	s := m.states.Get().(*macState)
	defer m.states.Put(s)
	return hmac.Equal(tag, s.sum(parts))
}

// sum is the tag in s's own memory.
func (s *macState) sum(parts [][]byte) []byte {
	s.Reset()
	for _, p := range parts {
		binary.BigEndian.PutUint64(s.length[:], uint64(len(p)))
		s.Write(s.length[:])
		s.Write(p)
	}
	s.tag = s.Sum(s.tag[:0])
	return s.tag
}
