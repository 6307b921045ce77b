// Package pow holds proofs of writing (the paper, §3): a writer commits to a secret together with the data it stores,
// and opens the commitment once a quorum has stored it. Whoever knows the secret thereby proves that the data is
// written, without a signature.
package pow

import (
	"bytes"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols/suite"
)

// A Scheme is one instantiation of proofs of writing.
type Scheme interface {
	// Commit draws a secret and returns it with the commitment that each of n servers stores; they are all alike in a
	// scheme whose commitments are public. An error comes from the source of randomness.
	Commit(entropy io.Reader, n int) (secret []byte, commitments [][]byte, err error)
	// Verify reports whether the secret opens the commitment.
	Verify(commitment, secret []byte) bool
}

// Hash is the scheme of §3.2: the secret is a nonce N of λ bits and the commitment of every server is N̄ = H(N).
type Hash struct {
	Suite suite.Suite
}

var _ Scheme = Hash{}

// Commit implements Scheme.
func (h Hash) Commit(entropy io.Reader, n int) (secret []byte, commitments [][]byte, err error) {
	nonce := make([]byte, h.Suite.NonceSize())
	if _, err := io.ReadFull(entropy, nonce); err != nil {
		return nil, nil, fmt.Errorf("draw a nonce: %w", err)
	}
	commitments = make([][]byte, n)
	for i, commitment := 0, h.Commitment(nonce); i < n; i++ {
		commitments[i] = commitment
	}
	return nonce, commitments, nil
}

// Commitment is N̄ = H(N), which only this scheme can compute from the secret alone.
func (h Hash) Commitment(nonce []byte) []byte { return h.Suite.Hash(nonce) }

// Verify implements Scheme.
func (h Hash) Verify(commitment, secret []byte) bool {
	return len(secret) == h.Suite.NonceSize() && bytes.Equal(h.Commitment(secret), commitment)
}
