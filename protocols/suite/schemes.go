package suite

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
)

// Ed25519 is the signature scheme of the modern suite.
func Ed25519() Scheme { return ed25519Scheme{} }

type ed25519Scheme struct{}

func (ed25519Scheme) SignatureSize() int { return ed25519.SignatureSize }

func (ed25519Scheme) PublicKeySize() int { return ed25519.PublicKeySize }

func (ed25519Scheme) GenerateKey(random io.Reader) (private, public []byte, err error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, nil, fmt.Errorf("draw an Ed25519 key: %w", err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	return key, key.Public().(ed25519.PublicKey), nil
}

func (ed25519Scheme) Signer(private []byte) (Signer, error) {
	if len(private) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("an Ed25519 private key of %d bytes, want %d", len(private), ed25519.PrivateKeySize)
	}
	return signFunc(func(_ io.Reader, message []byte) ([]byte, error) { return ed25519.Sign(private, message), nil }), nil
}

func (ed25519Scheme) Verifier(public []byte) (Verifier, error) {
	if len(public) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("an Ed25519 public key of %d bytes, want %d", len(public), ed25519.PublicKeySize)
	}
	return verifyFunc(func(message, signature []byte) bool { return ed25519.Verify(public, message, signature) }), nil
}

// rsaBits is the modulus of all our RSA keys: the size that the paper's DSA-1024 is held to be as strong as.
const rsaBits = 1024

// RSA is RSA with 1024 bits, PKCS #1 v1.5 and SHA-256: of DSA's age and strength, and much faster to verify.
func RSA() Scheme { return rsaScheme{} }

type rsaScheme struct{}

func (rsaScheme) SignatureSize() int { return rsaBits / 8 }

// PublicKeySize is that of a modulus and the exponent 65537, which Go always takes, in DER.
func (rsaScheme) PublicKeySize() int { return rsaBits/8 + 12 }

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
	return signFunc(func(random io.Reader, message []byte) ([]byte, error) {
		digest := sha256.Sum256(message)
		return rsa.SignPKCS1v15(random, key, crypto.SHA256, digest[:])
	}), checkBits(&key.PublicKey)
}

func (rsaScheme) Verifier(public []byte) (Verifier, error) {
	key, err := x509.ParsePKCS1PublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("not an RSA public key: %w", err)
	}
	return verifyFunc(func(message, signature []byte) bool {
		digest := sha256.Sum256(message)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	}), checkBits(key)
}

func checkBits(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits != rsaBits {
		return fmt.Errorf("an RSA key of %d bits, want %d", bits, rsaBits)
	}
	return nil
}

type (
	signFunc   func(random io.Reader, message []byte) ([]byte, error)
	verifyFunc func(message, signature []byte) bool
)

func (f signFunc) Sign(random io.Reader, message []byte) ([]byte, error) { return f(random, message) }

func (f verifyFunc) Verify(message, signature []byte) bool { return f(message, signature) }
