package costs

import (
	"crypto/rand"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

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
