package mpowerstore

import (
	"bytes"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// nonces are the paper's proofs: a secret N of a scheme, which servers can check that have the commitment to it, and a
// vector of MACs of H(N) for the others.
type nonces struct {
	suite   suite.Suite
	scheme  pow.Scheme
	servers int
}

func (n nonces) shape() shape {
	return shape{
		nonce: n.scheme.SecretSize(), macs: n.servers, kept: n.scheme.CommitmentSize(), told: n.suite.HashSize(),
	}
}

// fits compares H(N) with what the t+1 servers of a group agree on (D1).
func (n nonces) fits(told, nonce []byte) bool { return bytes.Equal(n.suite.Hash(nonce), told) }

func (n nonces) prover(c protocols.ClientParams, keys *keyring) (prover, error) {
	channels, err := pow.NewChannels(n.scheme, c.Keys.Groups)
	return nonceProver{n, keys, channels}, err
}

func (n nonces) verifier(s protocols.ServerParams) (verifier, error) {
	channel, err := pow.NewChannel(n.scheme, s.Keys.Group, s.Index)
	return nonceVerifier{n, s.Index, n.suite.MAC(s.Keys.Group), channel}, err
}

type nonceProver struct {
	nonces
	keys     *keyring
	channels pow.Channels
}

// prove is lines 86 to 88.
func (p nonceProver) prove(key protocols.Key, ts TS, entropy io.Reader) (c Candidate, commitments [][]byte, err error) {
	nonce, commitments, err := p.scheme.Commit(entropy, p.servers)
	if err != nil {
		return c, nil, err
	}
	commitments, err = p.channels.Seal(entropy, key, ts.Timestamp, commitments)
	return Candidate{TS: ts, Nonce: nonce, Vec: p.keys.vector(key, ts, p.suite.Hash(nonce))}, commitments, err
}

type nonceVerifier struct {
	nonces
	index   int
	group   suite.MAC // under k_i
	channel *pow.Channel
}

func (v nonceVerifier) receive(key protocols.Key, ts protocols.Timestamp, commitment []byte) ([]byte, error) {
	return v.channel.Open(key, ts, commitment)
}

func (v nonceVerifier) opens(kept, nonce []byte) bool { return v.scheme.Verify(kept, nonce) }

func (v nonceVerifier) proves(key protocols.Key, c Candidate) bool {
	return v.group.Verify(c.Vec[v.index], candidateParts(key, c.TS, v.suite.Hash(c.Nonce))...)
}

// tell is N̄ itself if it is public. A share is not to be divulged (§3.3): H(N) then says as much, as correct servers
// find no other N valid.
func (v nonceVerifier) tell(kept, nonce []byte) []byte {
	if v.scheme.Private() {
		return v.suite.Hash(nonce)
	}
	return kept
}
