package costs

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// messageKey is the register's key in the message.
const messageKey = "key-000001"

// hashBytes is the size of hashes and MACs in the message: those of SHA-256.
const hashBytes = 32

// messageParts is the message that all schemes authenticate, as M-PoWerStore's vector of MACs does (the paper, line 88): the
// register's key, the timestamp's number and process ID, its MAC, and a hash.
func messageParts() [][]byte {
	return [][]byte{
		[]byte("cand"), []byte(messageKey), make([]byte, 8), make([]byte, 8),
		bytes.Repeat([]byte{1}, hashBytes), bytes.Repeat([]byte{2}, hashBytes),
	}
}

// message is the parts in one piece, as signatures take it.
func message() []byte { return slices.Concat(messageParts()...) }

// MessageBytes is the length of the message that is authenticated.
func MessageBytes() int { return len(message()) }

var errWrong = errors.New("the proof does not verify")

// check turns the outcome of a verification into an error.
func check(ok bool) error {
	if !ok {
		return errWrong
	}
	return nil
}

// hashed is the hash-based proof of writing (§3.2): a nonce and its hash.
func hashed(name string, bits int, s suite.Suite) Scheme {
	return Scheme{name, bits, true, func(t int) (*Task, error) {
		scheme := pow.Hash{Suite: s}
		var nonce, commitment []byte
		return &Task{
			Construct: func() error {
				secret, commitments, err := scheme.Commit(rand.Reader, Servers(t))
				if err != nil {
					return err
				}
				nonce, commitment = secret, commitments[0]
				return nil
			},
			Verify: func() error { return check(scheme.Verify(commitment, nonce)) },
		}, nil
	}}
}

// vectored is the hash-based proof with what M-PoWerStore adds to it: a MAC of timestamp and N̄ for each server (line
// 88). A server checks its own one for the hash of the nonce that it is shown (line 128).
func vectored(name string, bits int, s suite.Suite) Scheme {
	return Scheme{name, bits, true, func(t int) (*Task, error) {
		keys, _, _, err := suite.GenerateKeys(s, Servers(t), rand.Reader)
		if err != nil {
			return nil, err
		}
		groups := make([]suite.MAC, len(keys))
		for i, k := range keys {
			groups[i] = s.MAC(k.Group)
		}
		scheme := pow.Hash{Suite: s}
		parts := messageParts()
		bind := func(commitment []byte) [][]byte {
			parts[len(parts)-1] = commitment
			return parts
		}
		var nonce []byte
		var vec [][]byte
		return &Task{
			Construct: func() error {
				secret, commitments, err := scheme.Commit(rand.Reader, Servers(t))
				if err != nil {
					return err
				}
				nonce, vec = secret, vector(groups, bind(commitments[0]))
				return nil
			},
			Verify: func() error { return check(groups[0].Verify(vec[0], bind(s.Hash(nonce))...)) },
		}, nil
	}}
}

func vector(groups []suite.MAC, parts [][]byte) [][]byte {
	vec := make([][]byte, len(groups))
	for i, group := range groups {
		vec[i] = group.Sum(parts...)
	}
	return vec
}

// polynomial is the proof of writing by polynomial evaluation (§3.3), without the confidential channel that it needs.
func polynomial(name string, bits int, evaluate pow.Evaluation) Scheme {
	return Scheme{name, bits, true, func(t int) (*Task, error) {
		proof := &polynomialProof{scheme: pow.Polynomial{T: t, Evaluate: evaluate}}
		return &Task{
			Construct:       proof.commit,
			Verify:          func() error { return proof.verify(proof.shares[0]) },
			Multiplications: proof.count,
		}, nil
	}}
}

// sealed is the same with the confidential channel: a server opens its share before it verifies with it.
func sealed(name string, bits int, evaluate pow.Evaluation) Scheme {
	return Scheme{name, bits, true, func(t int) (*Task, error) {
		proof := &polynomialProof{scheme: pow.Polynomial{T: t, Evaluate: evaluate}}
		channels, err := newChannels(proof.scheme, Servers(t))
		if err != nil {
			return nil, err
		}
		var envelopes [][]byte
		return &Task{
			Construct: func() (err error) {
				if err := proof.commit(); err != nil {
					return err
				}
				envelopes, err = channels.Seal(rand.Reader, messageKey, protocols.Timestamp{}, proof.shares)
				return err
			},
			Verify: func() error {
				share, err := channels[0].Open(messageKey, protocols.Timestamp{}, envelopes[0])
				if err != nil {
					return err
				}
				return proof.verify(share)
			},
			Multiplications: proof.count,
		}, nil
	}}
}

// newChannels are a writer's channels to so many servers.
func newChannels(scheme pow.Scheme, servers int) (pow.Channels, error) {
	keys, _, _, err := suite.GenerateKeys(suite.Modern(), servers, rand.Reader)
	if err != nil {
		return nil, err
	}
	groups := make([][]byte, len(keys))
	for i, k := range keys {
		groups[i] = k.Group
	}
	return pow.NewChannels(scheme, groups)
}

// polynomialProof is the polynomial that was drawn last, and the servers' shares.
type polynomialProof struct {
	scheme pow.Polynomial
	secret []byte
	shares [][]byte
}

func (p *polynomialProof) commit() (err error) {
	p.secret, p.shares, err = p.scheme.Commit(rand.Reader, Servers(p.scheme.T))
	return err
}

func (p *polynomialProof) verify(share []byte) error { return check(p.scheme.Verify(share, p.secret)) }

// count does both operations once with a scheme that counts, which takes longer.
func (p *polynomialProof) count() (construct, verify int64, err error) {
	var count pow.Multiplications
	counted := &polynomialProof{scheme: p.scheme}
	counted.scheme.Count = &count
	if err := counted.commit(); err != nil {
		return 0, 0, err
	}
	construct = int64(count)
	err = counted.verify(counted.shares[0])
	return construct, int64(count) - construct, err
}
