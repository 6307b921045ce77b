package suite

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io"
)

// Modern is the suite of today: SHA-256, HMAC-SHA256, nonces of 256 bits and Ed25519.
func Modern() Suite { return modern{} }

type modern struct{}

func (modern) Name() string   { return "modern" }
func (modern) HashSize() int  { return sha256.Size }
func (modern) NonceSize() int { return 256 / 8 }

func (modern) SignatureSize() int { return ed25519.SignatureSize }

func (modern) Hash(parts ...[]byte) []byte {
	if len(parts) == 1 {
		sum := sha256.Sum256(parts[0])
		return sum[:]
	}
	return hashParts(sha256.New(), parts)
}

func (modern) MAC(key []byte) MAC { return newMAC(sha256.New, key) }

func (modern) GenerateKey(random io.Reader) (private, public []byte, err error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, nil, fmt.Errorf("draw an Ed25519 key: %w", err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	return key, key.Public().(ed25519.PublicKey), nil
}

func (modern) Signer(private []byte) (Signer, error) {
	if len(private) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("an Ed25519 private key of %d bytes, want %d", len(private), ed25519.PrivateKeySize)
	}
	return edSigner(private), nil
}

func (modern) Verifier(public []byte) (Verifier, error) {
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
