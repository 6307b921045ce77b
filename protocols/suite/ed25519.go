package suite

import (
	"crypto/ed25519"
	"fmt"
	"io"
)

// Ed25519 is the signature scheme of the modern suite.
func Ed25519() Scheme { return ed25519Scheme{} }

type ed25519Scheme struct{}

func (ed25519Scheme) SignatureSize() int { return ed25519.SignatureSize }

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
	return edSigner(private), nil
}

func (ed25519Scheme) Verifier(public []byte) (Verifier, error) {
	if len(public) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("an Ed25519 public key of %d bytes, want %d", len(public), ed25519.PublicKeySize)
	}
	return edVerifier(public), nil
}

type (
	edSigner   ed25519.PrivateKey
	edVerifier ed25519.PublicKey
)

func (s edSigner) Sign(_ io.Reader, message []byte) ([]byte, error) {
	return ed25519.Sign(ed25519.PrivateKey(s), message), nil
}

func (v edVerifier) Verify(message, signature []byte) bool {
	return ed25519.Verify(ed25519.PublicKey(v), message, signature)
}
