// Package pow holds proofs of writing (the paper, §3): a writer commits to a secret together with the data it stores,
// and opens the commitment once a quorum has stored it. To know the secret thereby proves that the data is written,
// without a signature. It imports the model and suite; protocols and harness/costs import it.
package pow

import (
	"bytes"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols/suite"
)

// A Scheme is one instantiation of proofs of writing. A secret has one encoding, and no other secret can be
// found that opens the same commitment of a correct server.
type Scheme interface {
	// SecretSize and CommitmentSize are the lengths in bytes of a secret and of one server's commitment.
	SecretSize() int
	CommitmentSize() int
	// Private reports whether each server has a commitment of its own, which proves something only as long as the writer
	// and that server alone know it: it travels over a Channel and is never told. Otherwise all servers have the same.
	Private() bool
	// Commit draws a secret and returns it with the commitment that each of n servers stores. An error comes from the
	// source of randomness.
	Commit(entropy io.Reader, n int) (secret []byte, commitments [][]byte, err error)
	// Verify reports whether the secret opens the commitment; what is malformed does not.
	Verify(commitment, secret []byte) bool
}

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
