package pow

import (
	"bytes"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols/suite"
)

// Hash is the scheme of §3.2: the secret is a nonce N of λ bits and the commitment of every server is N̄ = H(N).
type Hash struct {
	Suite suite.Suite
}

var _ Scheme = Hash{}

// SecretSize implements Scheme: λ/8.
func (h Hash) SecretSize() int { return h.Suite.NonceSize() }

// CommitmentSize implements Scheme: the length of a digest.
func (h Hash) CommitmentSize() int { return h.Suite.HashSize() }

// Private implements Scheme: N̄ is public.
func (h Hash) Private() bool { return false }

// Commit implements Scheme.
func (h Hash) Commit(entropy io.Reader, n int) (secret []byte, commitments [][]byte, err error) {
	nonce := make([]byte, h.Suite.NonceSize())
	if _, err := io.ReadFull(entropy, nonce); err != nil {
		return nil, nil, fmt.Errorf("draw a nonce: %w", err)
	}
	commitments = make([][]byte, n)
	for i, commitment := 0, h.Suite.Hash(nonce); i < n; i++ {
		commitments[i] = commitment
	}
	return nonce, commitments, nil
}

// Verify implements Scheme.
func (h Hash) Verify(commitment, secret []byte) bool {
	return len(secret) == h.Suite.NonceSize() && bytes.Equal(h.Suite.Hash(secret), commitment)
}
