package suite

import (
	"bytes"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var suites = []Suite{Paper(), Modern(), Blake3()}

// signed are the suites, and the paper's with other signatures.
var signed = append(slices.Clone(suites), WithScheme(Paper(), Ed25519()), WithScheme(Paper(), RSA()))

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
	if _, err := ByName("md5"); err == nil || !strings.Contains(err.Error(), "paper, modern or blake3") {
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

func TestSignaturesVerifyAndNothingElseDoes(t *testing.T) {
	for _, s := range signed {
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
	for _, s := range signed {
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
			for j, pair := range k.Pairs {
				if !bytes.Equal(pair, servers[j].Pairs[i]) || !bytes.Equal(pair, again[i].Pairs[j]) || len(pair) != s.HashSize() {
					t.Errorf("%s: servers %d and %d do not share a key", s.Name(), i+1, j+1)
				}
				if bytes.Equal(pair, k.Pairs[(j+1)%4]) || bytes.Equal(pair, different[i].Pairs[j]) {
					t.Errorf("%s: the key of servers %d and %d is not their own", s.Name(), i+1, j+1)
				}
			}
		}
		if !writer.IsWriter() || reader.IsWriter() || reader.Private != nil ||
			!bytes.Equal(reader.Public, writer.Public) {
			t.Errorf("%s: a reader has the keys %+v", s.Name(), reader)
		}
		for _, n := range []int64{0, 10, 40, 32 + 4*int64(s.HashSize())} {
			if _, _, _, err := GenerateKeys(s, 4, io.LimitReader(random(7), n)); err == nil {
				t.Errorf("%s: keys out of %d random bytes", s.Name(), n)
			}
		}
	}
}
