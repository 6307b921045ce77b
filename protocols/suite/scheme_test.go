package suite

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"
)

// Another scheme changes the signatures and nothing else.
func TestWithScheme(t *testing.T) {
	s := WithScheme(Paper(), Ed25519())
	if s.Name() != "paper" || s.HashSize() != 20 || s.NonceSize() != 20 || len(s.Hash()) != 20 {
		t.Errorf("suite %s: a hash of %d bytes", s.Name(), s.HashSize())
	}
	private, _, err := s.GenerateKey(random(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Modern().Signer(private); err != nil {
		t.Errorf("Ed25519's key: %v", err)
	}
	if _, err := Paper().Signer(private); err == nil {
		t.Error("it is taken for DSA's")
	}
}

// RSA's keys have the size that is said, and others are refused.
func TestRSAKeySize(t *testing.T) {
	for bits, good := range map[int]bool{rsaBits: true, 2 * rsaBits: false} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := RSA().Verifier(x509.MarshalPKCS1PublicKey(&key.PublicKey)); (err == nil) != good {
			t.Errorf("a public key of %d bits: %v", bits, err)
		}
		if _, err := RSA().Signer(x509.MarshalPKCS1PrivateKey(key)); (err == nil) != good {
			t.Errorf("a private key of %d bits: %v", bits, err)
		}
	}
}

func BenchmarkSignatures(b *testing.B) {
	for name, s := range map[string]Scheme{"dsa": Paper(), "ed25519": Ed25519(), "rsa": RSA()} {
		private, public, _ := s.GenerateKey(random(1))
		signer, _ := s.Signer(private)
		verifier, _ := s.Verifier(public)
		message := make([]byte, 64)
		signature, _ := signer.Sign(random(2), message)
		b.Run(name+"/sign", func(b *testing.B) {
			for b.Loop() {
				_, _ = signer.Sign(random(2), message)
			}
		})
		b.Run(name+"/verify", func(b *testing.B) {
			for b.Loop() {
				verifier.Verify(message, signature)
			}
		})
	}
}
