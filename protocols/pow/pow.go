// Package pow holds proofs of writing (the paper, §3): a writer commits to a secret together with the data it stores,
// and opens the commitment once a quorum has stored it. Whoever knows the secret thereby proves that the data is
// written, without a signature.
package pow

import "io"

// A Scheme is one instantiation of proofs of writing. A secret has one encoding, and nobody can make another that opens
// the same commitment of a correct server.
type Scheme interface {
	// SecretSize and CommitmentSize are the lengths in bytes of a secret and of one server's commitment.
	SecretSize() int
	CommitmentSize() int
	// Private reports whether commitments prove anything only as long as nobody but the writer and the one server knows
	// them: they then travel over a Channel and are never told. Else all servers have the same, and anyone may see it.
	Private() bool
	// Commit draws a secret and returns it with the commitment that each of n servers stores. An error comes from the
	// source of randomness.
	Commit(entropy io.Reader, n int) (secret []byte, commitments [][]byte, err error)
	// Verify reports whether the secret opens the commitment; what is malformed does not.
	Verify(commitment, secret []byte) bool
}
