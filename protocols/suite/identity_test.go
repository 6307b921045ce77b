package suite

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
)

// A client that the writers' key made known is known to whom has its public part, under its own process id and no other.
func TestIdentify(t *testing.T) {
	for _, s := range suites {
		_, writer, _, err := GenerateKeys(s, 4, random(7))
		if err != nil {
			t.Fatal(err)
		}
		keys, err := writer.Identify(s, 9, random(8))
		if err != nil {
			t.Fatal(err)
		}
		if keys.Private != nil || writer.Private == nil || !keys.IsWriter() || writer.Own != nil {
			t.Errorf("%s: the client can issue identities, or the writers no longer", s.Name())
		}
		writers, err := s.Verifier(writer.Public)
		if err != nil {
			t.Fatal(err)
		}
		if own := *keys.Own; !Credible(writers, 9, own.Public, own.Credential) ||
			Credible(writers, 8, own.Public, own.Credential) || Credible(writers, 9, writer.Public, own.Credential) ||
			len(own.Public) != s.PublicKeySize() {
			t.Errorf("%s: the credential is of another client, or of none", s.Name())
		}
		if _, err := keys.Identify(s, 10, random(9)); err == nil {
			t.Errorf("%s: who has an identity issued another", s.Name())
		}
		if _, err := writer.Identify(s, 9, io.LimitReader(random(7), 10)); err == nil {
			t.Errorf("%s: a key pair out of 10 random bytes", s.Name())
		}
	}
}

// Servers have key pairs of their own, all know the public parts, and the same random bytes give the same.
func TestGenerateSigners(t *testing.T) {
	for _, s := range suites {
		draw := func(seed byte) ([]ServerKeys, ClientKeys) {
			servers, writer, reader, err := GenerateKeys(s, 4, random(7))
			if err != nil {
				t.Fatal(err)
			}
			if err := GenerateSigners(s, servers, random(seed), &writer, &reader); err != nil {
				t.Fatal(err)
			}
			if len(writer.Servers) != 4 || len(reader.Servers) != 4 {
				t.Errorf("%s: clients know %d and %d servers", s.Name(), len(writer.Servers), len(reader.Servers))
			}
			return servers, reader
		}
		servers, reader := draw(1)
		again, _ := draw(1)
		for i, k := range servers {
			signer, err := s.Signer(k.Private)
			if err != nil {
				t.Fatal(err)
			}
			signature, err := signer.Sign(random(3), []byte("m"))
			if err != nil {
				t.Fatal(err)
			}
			for j, public := range reader.Servers {
				v, err := s.Verifier(public)
				if err != nil || v.Verify([]byte("m"), signature) != (i == j) {
					t.Errorf("%s: server %d's signature under the key of server %d: %v", s.Name(), i+1, j+1, err)
				}
			}
			if !bytes.Equal(k.Private, again[i].Private) || !bytes.Equal(k.Servers[i], reader.Servers[i]) {
				t.Errorf("%s: server %d has another key", s.Name(), i+1)
			}
		}
		if err := GenerateSigners(s, servers, io.LimitReader(random(7), 10)); err == nil {
			t.Errorf("%s: key pairs out of 10 random bytes", s.Name())
		}
	}
}

// Keys that have no pairs look in files as they did before there were any, and are read.
func TestKeysWithoutPairsInFiles(t *testing.T) {
	for _, keys := range []any{ServerKeys{Group: []byte{1}, Public: []byte{2}}, ClientKeys{Groups: [][]byte{{1}}, Public: []byte{2}}} {
		text, err := json.Marshal(keys)
		if err != nil || bytes.Contains(text, []byte("Servers")) || bytes.Contains(text, []byte("Own")) {
			t.Errorf("%s, %v", text, err)
		}
	}
}

// Public keys of every scheme have the size that is said, also where nothing is signed.
func TestPublicKeySize(t *testing.T) {
	for _, s := range []Suite{Paper(), Modern(), WithScheme(Modern(), RSA()), Weightless(Paper()), Weightless(WithScheme(Paper(), RSA()))} {
		_, public, err := s.GenerateKey(random(1))
		if err != nil || len(public) != s.PublicKeySize() {
			t.Errorf("%s: %d bytes, want %d: %v", s.Name(), len(public), s.PublicKeySize(), err)
		}
	}
}
