package mpowerstore

import (
	"encoding/binary"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// signatures are proofs that every server can check: when a quorum has stored the data, the writer reveals a signature
// of the timestamp in place of a nonce. There is no commitment and no vector, hence nothing to repair.
type signatures struct {
	suite   suite.Suite
	servers int
}

func (s signatures) shape() shape { return shape{nonce: s.suite.SignatureSize()} }

// fits is true: that a signature is valid is not for the reader to find out. Were there none for the timestamp in C, then
// no correct server would have answered with it.
func (s signatures) fits([]byte, []byte) bool { return true }

func (s signatures) prover(c protocols.ClientParams, _ *keyring) (prover, error) {
	signer, err := s.suite.Signer(c.Keys.Private)
	return signatureProver{s, signer}, err
}

func (s signatures) verifier(p protocols.ServerParams) (verifier, error) {
	v, err := s.suite.Verifier(p.Keys.Public)
	return signatureVerifier{v}, err
}

type signatureProver struct {
	signatures
	signer suite.Signer
}

func (p signatureProver) prove(key protocols.Key, ts TS, entropy io.Reader) (Candidate, [][]byte, error) {
	signature, err := p.signer.Sign(entropy, statement(key, ts))
	return Candidate{TS: ts, Nonce: signature}, make([][]byte, p.servers), err
}

type signatureVerifier struct{ suite.Verifier }

// receive keeps what there is: nothing.
func (signatureVerifier) receive(_ protocols.Key, _ protocols.Timestamp, commitment []byte) ([]byte, error) {
	return commitment, nil
}

// opens is false: the history has nothing to open.
func (signatureVerifier) opens([]byte, []byte) bool { return false }

func (v signatureVerifier) proves(key protocols.Key, c Candidate) bool {
	return v.Verify(statement(key, c.TS), c.Nonce)
}

func (signatureVerifier) tell(kept, _ []byte) []byte { return kept }

// statement is what a writer signs when a quorum has stored the data of the timestamp: key (D3) and timestamp with its
// MAC (D2). All but the key, which has its length before it, is of fixed width.
func statement(key protocols.Key, ts TS) []byte {
	m := binary.BigEndian.AppendUint64([]byte("mpowerstore is stored"), uint64(len(key)))
	m = append(m, key...)
	m = binary.BigEndian.AppendUint64(m, ts.Num)
	m = binary.BigEndian.AppendUint64(m, ts.PID)
	return append(m, ts.MAC...)
}
