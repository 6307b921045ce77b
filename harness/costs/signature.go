package costs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"

	"github.com/powbench/powbench/protocols/suite"
)

type (
	sign   func(message []byte) (signature []byte, err error)
	verify func(message, signature []byte) error
)

// signed is a signature of the message: the writer signs once, whatever the number of servers.
func signed(name string, bits int, keys func() (sign, verify, error)) Scheme {
	return Scheme{name, bits, false, func(int) (*Task, error) {
		sign, verify, err := keys()
		if err != nil {
			return nil, err
		}
		m := message()
		var signature []byte
		return &Task{
			Construct: func() (err error) {
				signature, err = sign(m)
				return err
			},
			Verify: func() error { return verify(m, signature) },
		}, nil
	}}
}

// ofSuite is the signature of a crypto suite, as the protocols use it.
func ofSuite(name string, bits int, s suite.Suite) Scheme {
	return signed(name, bits, func() (sign, verify, error) {
		private, public, err := s.GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		signer, err := s.Signer(private)
		if err != nil {
			return nil, nil, err
		}
		verifier, err := s.Verifier(public)
		sign := func(m []byte) ([]byte, error) { return signer.Sign(rand.Reader, m) }
		return sign, func(m, sig []byte) error { return check(verifier.Verify(m, sig)) }, err
	})
}

// rsaSignature is PKCS #1 v1.5 with the hash of its time: with 1024 bits, SHA-1, as in 2013.
func rsaSignature(name string, bits, modulus int) Scheme {
	hash, digest := crypto.SHA256, sha256Digest
	if modulus < 2048 {
		hash, digest = crypto.SHA1, sha1Digest
	}
	return signed(name, bits, func() (sign, verify, error) {
		key, err := rsa.GenerateKey(rand.Reader, modulus)
		if err != nil {
			return nil, nil, err
		}
		sign := func(m []byte) ([]byte, error) { return rsa.SignPKCS1v15(rand.Reader, key, hash, digest(m)) }
		return sign, func(m, sig []byte) error { return rsa.VerifyPKCS1v15(&key.PublicKey, hash, digest(m), sig) }, nil
	})
}

// p256Signature is ECDSA over P-256.
func p256Signature(name string, bits int) Scheme {
	return signed(name, bits, func() (sign, verify, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		sign := func(m []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, key, sha256Digest(m)) }
		return sign, func(m, sig []byte) error {
			return check(ecdsa.VerifyASN1(&key.PublicKey, sha256Digest(m), sig))
		}, nil
	})
}

func sha1Digest(m []byte) []byte {
	sum := sha1.Sum(m)
	return sum[:]
}

func sha256Digest(m []byte) []byte {
	sum := sha256.Sum256(m)
	return sum[:]
}
