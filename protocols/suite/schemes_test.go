package suite

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
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
