package variants

import (
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/suite"
)

func asPrinted(v *mpowerstore.Variant) {
	paper := v.Proof
	v.Proof = func(t int, s suite.Suite) mpowerstore.Proof { return literal{paper(t, s).(mpowerstore.Nonces)} }
}

// literal has proofs as the paper prints them.
type literal struct{ mpowerstore.Nonces }

// Fits is true: line 140 chooses by timestamp alone (not D1).
func (literal) Fits(*mpowerstore.Entry, []byte) bool { return true }

func (l literal) Prover(c protocols.ClientParams) (mpowerstore.Prover, error) {
	p, err := l.Nonces.Prover(c)
	return literalProver{p}, err
}

func (l literal) Verifier(s protocols.ServerParams) (mpowerstore.Verifier, error) {
	v, err := l.Nonces.Verifier(s)
	return literalVerifier{v, l.Nonces}, err
}

// literalProver makes MACs that do not bind the key (not D3).
type literalProver struct{ mpowerstore.Prover }

func (p literalProver) Issue(_ protocols.Key, ts protocols.Timestamp) mpowerstore.TS {
	return p.Prover.Issue("", ts)
}

func (p literalProver) Issued(_ protocols.Key, ts mpowerstore.TS) bool {
	return p.Prover.Issued("", ts)
}

func (p literalProver) Prove(_ protocols.Key, ts mpowerstore.TS, entropy io.Reader) (
	mpowerstore.Candidate, [][]byte, error,
) {
	return p.Prover.Prove("", ts, entropy)
}

// literalVerifier checks such MACs.
type literalVerifier struct {
	mpowerstore.Verifier
	nonces mpowerstore.Nonces
}

// Opens does not compare the timestamp's MAC (not D2).
func (v literalVerifier) Opens(e *mpowerstore.Entry, c mpowerstore.Candidate) bool {
	return e != nil && v.nonces.Scheme.Verify(e.Commitment, c.Nonce)
}

func (v literalVerifier) Proves(_ protocols.Key, c mpowerstore.Candidate) bool {
	return v.Verifier.Proves("", c)
}

// Canonical is c itself.
func (literalVerifier) Canonical(_ *mpowerstore.Entry, c mpowerstore.Candidate) mpowerstore.Candidate {
	return c
}
