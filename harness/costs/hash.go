package costs

import (
	"crypto/rand"
	"errors"

	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

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
