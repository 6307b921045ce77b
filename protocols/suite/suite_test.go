package suite

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

var suites = []Suite{Paper(), Modern()}

func random(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestByName(t *testing.T) {
	for _, want := range suites {
		if got, err := ByName(want.Name()); err != nil || got != want {
			t.Errorf("ByName(%q) = %v, %v", want.Name(), got, err)
		}
	}
	if _, err := ByName("md5"); err == nil || !strings.Contains(err.Error(), "paper or modern") {
		t.Errorf("ByName of an unknown suite: %v, want an error that lists them", err)
	}
}

// The examples of FIPS 180: "abc" and the empty message.
func TestHashVectors(t *testing.T) {
	for _, v := range []struct {
		s          Suite
		abc, empty string
	}{
		{Paper(), "a9993e364706816aba3e25717850c26c9cd0d89d", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{
			Modern(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		},
	} {
		for _, parts := range [][][]byte{{[]byte("abc")}, {[]byte("a"), []byte("bc")}, {[]byte("abc"), nil}} {
			if got := hex.EncodeToString(v.s.Hash(parts...)); got != v.abc {
				t.Errorf("%s: H(%q) = %s, want %s", v.s.Name(), parts, got, v.abc)
			}
		}
		if got := hex.EncodeToString(v.s.Hash()); got != v.empty {
			t.Errorf("%s: H() = %s, want %s", v.s.Name(), got, v.empty)
		}
		if v.s.HashSize() != len(v.abc)/2 || v.s.NonceSize() != v.s.HashSize() {
			t.Errorf("%s: hash of %d bytes, nonce of %d", v.s.Name(), v.s.HashSize(), v.s.NonceSize())
		}
	}
}

// The tag is the standard library's HMAC of the parts with their lengths as 8 bytes before each.
func TestMACIsHMACOfTheLengthPrefixedParts(t *testing.T) {
	hashes := map[string]func() hash.Hash{"paper": sha1.New, "modern": sha256.New}
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

func TestMACAllocatesItsResultOnly(t *testing.T) {
	m := Modern().MAC([]byte("key"))
	parts := [][]byte{[]byte("one"), []byte("two")}
	tag := m.Sum(parts...)
	if n := testing.AllocsPerRun(100, func() { m.Sum(parts...) }); n > 1 {
		t.Errorf("Sum allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { m.Verify(tag, parts...) }); n > 0 {
		t.Errorf("Verify allocates %v times", n)
	}
}

// RFC 8032, section 7.1, tests 1 and 2.
func TestEd25519Vectors(t *testing.T) {
	for _, v := range []struct{ seed, public, message, signature string }{
		{
			"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
			"", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f" +
				"b8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
		},
		{
			"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
			"72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da08" +
				"5ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
		},
	} {
		private, public, err := Modern().GenerateKey(bytes.NewReader(unhex(t, v.seed)))
		if err != nil {
			t.Fatal(err)
		}
		if hex.EncodeToString(public) != v.public {
			t.Errorf("public key %x, want %s", public, v.public)
		}
		signer, err := Modern().Signer(private)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := signer.Sign(nil, unhex(t, v.message)); err != nil || hex.EncodeToString(got) != v.signature {
			t.Errorf("signature %x, %v, want %s", got, err, v.signature)
		}
	}
}

func TestDSADomainParameters(t *testing.T) {
	p, q, g := dsaParameters.P, dsaParameters.Q, dsaParameters.G
	one := big.NewInt(1)
	if p.BitLen() != 1024 || q.BitLen() != 160 {
		t.Errorf("p of %d bits, q of %d, want 1024 and 160", p.BitLen(), q.BitLen())
	}
	if !p.ProbablyPrime(20) || !q.ProbablyPrime(20) {
		t.Error("p or q is no prime")
	}
	if new(big.Int).Mod(new(big.Int).Sub(p, one), q).Sign() != 0 {
		t.Error("q does not divide p−1")
	}
	if g.Cmp(one) <= 0 || g.Cmp(p) >= 0 || new(big.Int).Exp(g, q, p).Cmp(one) != 0 {
		t.Error("g is not of order q")
	}
}

// RFC 6979, appendix A.2.1: the key pair, and the signatures with SHA-1 of "sample" and "test".
func TestDSAVectors(t *testing.T) {
	private := unhex(t, "411602CB19A6CCC34494D79D98EF1E7ED5AF25F7")
	wantPublic := unhex(t, "5DF5E01DED31D0297E274E1691C192FE5868FEF9E19A84776454B100CF16F653"+
		"92195A38B90523E2542EE61871C0440CB87C322FC4B4D2EC5E1E7EC766E1BE8D"+
		"4CE935437DC11C3C8FD426338933EBFE739CB3465F4D3668C5E473508253B1E6"+
		"82F65CBDC4FAE93C2EA212390E54905A86E2223170B44EAA7DA5DD9FFCFB7F3B")
	gotPrivate, public, err := Paper().GenerateKey(bytes.NewReader(private))
	if err != nil || !bytes.Equal(gotPrivate, private) || !bytes.Equal(public, wantPublic) {
		t.Fatalf("key pair %x, %x, %v", gotPrivate, public, err)
	}
	verifier, err := Paper().Verifier(public)
	if err != nil {
		t.Fatal(err)
	}
	for message, signature := range map[string]string{
		"sample": "2E1A0C2562B2912CAAF89186FB0F42001585DA55" + "29EFB6B0AFF2D7A68EB70CA313022253B9A88DF5",
		"test":   "42AB2052FD43E123F0607F115052A67DCD9C5C77" + "183916B0230D45B9931491D4C6B0BD2FB4AAF088",
	} {
		if !verifier.Verify([]byte(message), unhex(t, signature)) {
			t.Errorf("the signature of %q does not verify", message)
		}
	}
}

func TestSignaturesVerifyAndNothingElseDoes(t *testing.T) {
	for _, s := range suites {
		private, public, err := s.GenerateKey(random(1))
		if err != nil {
			t.Fatal(err)
		}
		_, otherPublic, _ := s.GenerateKey(random(2))
		signer, err1 := s.Signer(private)
		verifier, err2 := s.Verifier(public)
		other, err3 := s.Verifier(otherPublic)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(err1, err2, err3)
		}
		size := 0
		for i := range 20 {
			message := bytes.Repeat([]byte{byte(i)}, i*7)
			signature, err := signer.Sign(random(3), message)
			if err != nil || !verifier.Verify(message, signature) {
				t.Fatalf("%s: signature %x, %v", s.Name(), signature, err)
			}
			if size != 0 && len(signature) != size {
				t.Errorf("%s: signatures of %d and %d bytes, want a fixed size", s.Name(), size, len(signature))
			}
			size = len(signature)
			bad := slices.Clone(signature)
			bad[i*len(bad)/20] ^= 1
			if verifier.Verify(message, bad) || verifier.Verify(append(message, 0), signature) ||
				other.Verify(message, signature) || verifier.Verify(message, nil) ||
				verifier.Verify(message, signature[1:]) || verifier.Verify(message, make([]byte, len(bad))) ||
				verifier.Verify(message, append(signature, 0)) {
				t.Errorf("%s: message %d: what is not the signature verifies", s.Name(), i)
			}
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	ones := bytes.Repeat([]byte{0xFF}, 128)
	for _, s := range suites {
		for _, key := range [][]byte{nil, make([]byte, 20), ones[:20], ones, make([]byte, 128), ones[:63]} {
			if _, err := s.Signer(key); err == nil {
				t.Errorf("%s: %x is taken for a private key", s.Name(), key)
			}
			if _, err := s.Verifier(key); err == nil {
				t.Errorf("%s: %x is taken for a public key", s.Name(), key)
			}
		}
	}
}

func TestGenerateKeys(t *testing.T) {
	for _, s := range suites {
		servers, writer, reader, err := GenerateKeys(s, 4, random(7))
		if err != nil {
			t.Fatal(err)
		}
		again, _, _, _ := GenerateKeys(s, 4, random(7))
		different, _, _, _ := GenerateKeys(s, 4, random(8))
		for i, k := range servers {
			if !bytes.Equal(k.Group, writer.Groups[i]) || !bytes.Equal(k.Public, writer.Public) {
				t.Errorf("%s: server %d and the writers have different keys", s.Name(), i+1)
			}
			if !bytes.Equal(k.Group, again[i].Group) || !bytes.Equal(k.Public, again[i].Public) {
				t.Errorf("%s: the same random bytes gave other keys", s.Name())
			}
			if bytes.Equal(k.Group, different[i].Group) || bytes.Equal(k.Group, servers[(i+1)%4].Group) {
				t.Errorf("%s: the key of server %d is not its own", s.Name(), i+1)
			}
		}
		if !writer.IsWriter() || reader.IsWriter() || reader.Private != nil || !bytes.Equal(reader.Public, writer.Public) {
			t.Errorf("%s: a reader has the keys %+v", s.Name(), reader)
		}
		for _, n := range []int64{0, 10, 40} {
			if _, _, _, err := GenerateKeys(s, 4, io.LimitReader(random(7), n)); err == nil {
				t.Errorf("%s: keys out of %d random bytes", s.Name(), n)
			}
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
