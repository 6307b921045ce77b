package suite

import (
	"crypto/hmac"
	"encoding/binary"
	"hash"
	"sync"
)

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

func hashParts(h hash.Hash, parts [][]byte) []byte {
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
