package mpowerstore

import (
	"io"

	"github.com/powbench/powbench/protocols"
)

// A Proof is a kind of proof of writing: what a WRITE reveals in COMPLETE, and what makes a server believe it.
type Proof string

// The kinds of proofs. All but the first are variants, which have their names.
const (
	// HashProof is a nonce N, with a vector of MACs for servers that have not stored H(N) (the paper, §3.2 and §5).
	HashProof Proof = ""
	// PolynomialProof is a polynomial, with a vector of MACs for servers that have not stored a share of it (§3.3).
	PolynomialProof Proof = "polynomial"
	// SignatureProof is a signature, which needs neither: it shows what proofs of writing are worth.
	SignatureProof Proof = "signed"
)

// A proof is a kind of proof as readers know it; a writer makes it with a prover, a server checks it with a verifier.
type proof interface {
	shape() shape
	// fits reports whether the nonce is that of an entry, going by what FILTER_ACK told of its commitment (D1).
	fits(told, nonce []byte) bool
	prover(c protocols.ClientParams, keys *keyring) (prover, error)
	verifier(s protocols.ServerParams) (verifier, error)
}

// shape is how long the parts of a proof are.
type shape struct {
	nonce int // bytes of a candidate's nonce
	macs  int // MACs of its vector
	kept  int // bytes of the commitment that a server keeps in its history
	told  int // bytes of what it tells readers of that
}

// prover is the writer's end.
type prover interface {
	// prove makes the candidate of a WRITE and, for each server, the commitment that STORE brings.
	prove(key protocols.Key, ts TS, entropy io.Reader) (c Candidate, commitments [][]byte, err error)
}

// verifier is a server's end.
type verifier interface {
	// receive is the commitment to keep of what STORE brought. An error blames the sender.
	receive(key protocols.Key, ts protocols.Timestamp, commitment []byte) ([]byte, error)
	// opens is proof (A): the nonce opens the commitment in the history.
	opens(kept, nonce []byte) bool
	// proves is proof (B): the candidate needs no history.
	proves(key protocols.Key, c Candidate) bool
	// tell is what readers may know of the commitment that the nonce was found to open: the same at all correct servers.
	tell(kept, nonce []byte) []byte
}
