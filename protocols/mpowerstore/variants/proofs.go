package variants

import (
	"encoding/binary"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

func polynomials(v *mpowerstore.Variant) {
	paper := v.Proof
	v.Proof = func(t int, s suite.Suite) mpowerstore.Proof {
		nonces := paper(t, s).(mpowerstore.Nonces)
		nonces.Scheme = pow.Polynomial{T: t}
		return polynomial{nonces}
	}
}

// polynomial has a polynomial in place of N, and a share of it in place of N̄ (§3.3). Shares go over confidential
// channels, and no server tells its own.
type polynomial struct{ mpowerstore.Nonces }

func (p polynomial) Prover(c protocols.ClientParams) (mpowerstore.Prover, error) {
	prover, err := p.Nonces.Prover(c)
	if err != nil {
		return nil, err
	}
	channels, err := pow.NewChannels(p.Scheme, c.Keys.Groups)
	return sealing{prover, channels}, err
}

func (p polynomial) Verifier(s protocols.ServerParams) (mpowerstore.Verifier, error) {
	verifier, err := p.Nonces.Verifier(s)
	if err != nil {
		return nil, err
	}
	channel, err := pow.NewChannel(p.Scheme, s.Keys.Group, s.Index)
	return opening{verifier, channel, p.Suite}, err
}

type sealing struct {
	mpowerstore.Prover
	channels pow.Channels
}

func (p sealing) Prove(key protocols.Key, ts mpowerstore.TS, entropy io.Reader) (mpowerstore.Candidate, [][]byte, error) {
	c, shares, err := p.Prover.Prove(key, ts, entropy)
	if err != nil {
		return c, nil, err
	}
	sealed, err := p.channels.Seal(entropy, key, ts.Timestamp, shares)
	return c, sealed, err
}

type opening struct {
	mpowerstore.Verifier
	channel *pow.Channel
	suite   suite.Suite
}

func (v opening) Receive(key protocols.Key, ts protocols.Timestamp, sealed []byte) ([]byte, error) {
	return v.channel.Open(key, ts, sealed)
}

// Tell is H(N), for a share is not to be divulged (§3.3). H(N) says as much, as correct servers find no other N valid.
func (v opening) Tell(_ *mpowerstore.Entry, nonce []byte) []byte { return v.suite.Hash(nonce) }

func signatures(v *mpowerstore.Variant) {
	paper := v.Proof
	v.Proof = func(t int, s suite.Suite) mpowerstore.Proof { return signed{paper(t, s).(mpowerstore.Nonces)} }
}

// signed has proofs that every server can check: when a quorum has stored the data, the writer reveals a signature of
// the timestamp in place of N. There is no commitment and no vector, hence nothing to repair.
type signed struct{ mpowerstore.Nonces }

func (s signed) Shape() mpowerstore.Shape { return mpowerstore.Shape{Nonce: s.Suite.SignatureSize()} }

// Fits is true: a reader need not find out which signature is valid. If C had none for the timestamp, then no correct
// server would have answered with it.
func (signed) Fits(*mpowerstore.Entry, []byte) bool { return true }

func (s signed) Prover(c protocols.ClientParams) (mpowerstore.Prover, error) {
	prover, err := s.Nonces.Prover(c)
	if err != nil {
		return nil, err
	}
	signer, err := s.Suite.Signer(c.Keys.Private)
	return signing{prover, signer, s.Servers}, err
}

func (s signed) Verifier(p protocols.ServerParams) (mpowerstore.Verifier, error) {
	paper, err := s.Nonces.Verifier(p)
	if err != nil {
		return nil, err
	}
	signatures, err := s.Suite.Verifier(p.Keys.Public)
	return verifying{paper, signatures}, err
}

type signing struct {
	mpowerstore.Prover
	signer  suite.Signer
	servers int
}

func (p signing) Prove(key protocols.Key, ts mpowerstore.TS, entropy io.Reader) (mpowerstore.Candidate, [][]byte, error) {
	signature, err := p.signer.Sign(entropy, statement(key, ts))
	return mpowerstore.Candidate{TS: ts, Nonce: signature}, make([][]byte, p.servers), err
}

// verifying needs no history, which has nothing to open.
type verifying struct {
	mpowerstore.Verifier
	signatures suite.Verifier
}

func (verifying) Opens(*mpowerstore.Entry, mpowerstore.Candidate) bool { return false }

func (v verifying) Proves(key protocols.Key, c mpowerstore.Candidate) bool {
	return v.signatures.Verify(statement(key, c.TS), c.Nonce)
}

func (verifying) Canonical(_ *mpowerstore.Entry, c mpowerstore.Candidate) mpowerstore.Candidate {
	return c
}

// statement is what a writer signs when a quorum has stored the data of the timestamp: key (D3) and timestamp with its
// MAC (D2). All but the key, which has its length before it, is of fixed width.
func statement(key protocols.Key, ts mpowerstore.TS) []byte {
	m := binary.BigEndian.AppendUint64([]byte("mpowerstore is stored"), uint64(len(key)))
	m = append(m, key...)
	m = binary.BigEndian.AppendUint64(m, ts.Num)
	m = binary.BigEndian.AppendUint64(m, ts.PID)
	return append(m, ts.MAC...)
}
