package suite

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// The tag is the standard library's HMAC of the parts with their lengths as 8 bytes before each.
func TestMACIsHMACOfTheLengthPrefixedParts(t *testing.T) {
	hashes := map[string]func() hash.Hash{"paper": sha1.New, "modern": sha256.New, "blake3": sha256.New}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(suites).Draw(t, "suite")
		key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		parts := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 100)).Draw(t, "parts")
		want := hmac.New(hashes[s.Name()], key)
		for _, p := range parts {
			want.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
			want.Write(p)
		}
		m := s.MAC(key)
		tag := m.Sum(parts...)
		if !bytes.Equal(tag, want.Sum(nil)) || !bytes.Equal(tag, m.Sum(parts...)) {
			t.Fatalf("tag %x, again %x, want %x", tag, m.Sum(parts...), want.Sum(nil))
		}
		if !m.Verify(tag, parts...) {
			t.Fatal("the tag does not verify")
		}
		tag[rapid.IntRange(0, len(tag)-1).Draw(t, "place")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if m.Verify(tag, parts...) || m.Verify(nil, parts...) || m.Verify(tag[1:], parts...) {
			t.Fatal("a changed tag verifies")
		}
	})
}

func TestMACTellsPartsApart(t *testing.T) {
	b := func(parts ...string) (out [][]byte) {
		for _, p := range parts {
			out = append(out, []byte(p))
		}
		return out
	}
	for _, s := range suites {
		seen := map[string][][]byte{}
		for _, parts := range [][][]byte{b(), b(""), b("", ""), b("abc"), b("a", "bc"), b("ab", "c"), b("abc", "")} {
			tag := string(s.MAC([]byte("key")).Sum(parts...))
			if other, ok := seen[tag]; ok {
				t.Errorf("%s: %q and %q have the same tag", s.Name(), parts, other)
			}
			seen[tag] = parts
		}
	}
}

func TestMACConcurrently(t *testing.T) {
	key := []byte("key")
	m := Modern().MAC(key)
	want := m.Sum([]byte("part"))
	clear(key) // the MAC has its own copy
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 200 {
				if !bytes.Equal(m.Sum([]byte("part")), want) || m.Verify(want, []byte("another")) {
					t.Error("tags of concurrent calls mix")
					return
				}
			}
		})
	}
	group.Wait()
}

// A WRITE hashes every fragment, and a READ those that it gets.
func BenchmarkHash(b *testing.B) {
	for _, s := range suites {
		for _, size := range []int{64, 128 << 10} {
			part := make([]byte, size)
			b.Run(fmt.Sprintf("%s/bytes=%d", s.Name(), size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					s.Hash(part)
				}
			})
		}
	}
}

func BenchmarkMAC(b *testing.B) {
	parts := [][]byte{make([]byte, 32), make([]byte, 32)}
	for _, s := range suites {
		m := s.MAC(make([]byte, s.HashSize()))
		b.Run(s.Name(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Sum(parts...)
			}
		})
	}
}
