package suite

import (
	"io"
	"sync/atomic"
)

// Counts are how many signatures have been made and verified, whether they were right or wrong.
type Counts struct{ Made, Verified atomic.Int64 }

// Counted is the suite s, which counts what its signers and verifiers do.
func Counted(s Suite, counts *Counts) Suite { return counted{s, counts} }

type counted struct {
	Suite
	counts *Counts
}

func (c counted) Signer(private []byte) (Signer, error) {
	s, err := c.Suite.Signer(private)
	if err != nil {
		return nil, err
	}
	return countedSigner{s, c.counts}, nil
}

func (c counted) Verifier(public []byte) (Verifier, error) {
	v, err := c.Suite.Verifier(public)
	if err != nil {
		return nil, err
	}
	return countedVerifier{v, c.counts}, nil
}

type countedSigner struct {
	Signer
	counts *Counts
}

func (s countedSigner) Sign(random io.Reader, message []byte) ([]byte, error) {
	s.counts.Made.Add(1)
	return s.Signer.Sign(random, message)
}

type countedVerifier struct {
	Verifier
	counts *Counts
}

func (v countedVerifier) Verify(message, signature []byte) bool {
	v.counts.Verified.Add(1)
	return v.Verifier.Verify(message, signature)
}
