package suite

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
)

// rsaBits is the modulus of all our RSA keys: the size that the paper's DSA-1024 is held to be as strong as.
const rsaBits = 1024

// RSA is RSA with 1024 bits, PKCS #1 v1.5 and SHA-256: of DSA's age and strength, and much faster to verify.
func RSA() Scheme { return rsaScheme{} }

type rsaScheme struct{}

func (rsaScheme) SignatureSize() int { return rsaBits / 8 }

func (rsaScheme) GenerateKey(random io.Reader) (private, public []byte, err error) {
	key, err := rsa.GenerateKey(random, rsaBits)
	if err != nil {
		return nil, nil, fmt.Errorf("draw an RSA key: %w", err)
	}
	return x509.MarshalPKCS1PrivateKey(key), x509.MarshalPKCS1PublicKey(&key.PublicKey), nil
}

func (rsaScheme) Signer(private []byte) (Signer, error) {
	key, err := x509.ParsePKCS1PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("not an RSA private key: %w", err)
	}
	if err := checkBits(&key.PublicKey); err != nil {
		return nil, err
	}
	return rsaSigner{key}, nil
}

func (rsaScheme) Verifier(public []byte) (Verifier, error) {
	key, err := x509.ParsePKCS1PublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("not an RSA public key: %w", err)
	}
	if err := checkBits(key); err != nil {
		return nil, err
	}
	return rsaVerifier{key}, nil
}

func checkBits(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits != rsaBits {
		return fmt.Errorf("an RSA key of %d bits, want %d", bits, rsaBits)
	}
	return nil
}

type (
	rsaSigner   struct{ key *rsa.PrivateKey }
	rsaVerifier struct{ key *rsa.PublicKey }
)

func (s rsaSigner) Sign(random io.Reader, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	signature, err := rsa.SignPKCS1v15(random, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign with RSA: %w", err)
	}
	return signature, nil
}

func (v rsaVerifier) Verify(message, signature []byte) bool {
	digest := sha256.Sum256(message)
	return rsa.VerifyPKCS1v15(v.key, crypto.SHA256, digest[:], signature) == nil
}
