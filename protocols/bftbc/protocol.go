// Package bftbc is BFT-BC: B. Liskov and R. Rodrigues, "Tolerating Byzantine faulty clients in a quorum system", ICDCS
// 2006. It is a register for any number of readers and writers on S = 3t+1 servers, of which t may lie, and so may any
// client. Each server and each client that writes has a signature key pair. What 2t+1 servers signed is a certificate, and
// t+1 of them are correct: so a client proves to servers, and servers to clients, what others have done.
//
// A WRITE takes three rounds (writer.go). READ-TS learns the highest timestamp that a certificate proves. PREPARE announces
// the next timestamp and the hash of the value: a server signs one announcement of a client at a time, so that 2t+1
// signatures are for one value alone. WRITE stores the value with this certificate; the signatures of the acknowledgements
// are the certificate that the client's next PREPARE shows. A READ takes one round if a quorum has the same value, else a
// second one writes the newest back with its certificate (reader.go).
//
// It is reconstructed: where the publication was not at hand a tag U1 … U6 marks what was chosen; docs/protocols.md gives the
// reasons.
//
// It imports the model, wire and suite; its attacks, catalog and tests import it.
package bftbc

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// Uncached is the variant that verifies a certificate each time that it comes.
const Uncached = "uncached"

// Protocol is BFT-BC.
type Protocol struct {
	// Variant is Uncached, or empty.
	Variant string
}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 3t+1 servers, of which t may lie and 2t+1 are a quorum. The value goes to
// every server in WRITE, and comes from every one in a READ.
func (p Protocol) Traits(t int) protocols.Traits {
	return protocols.Traits{
		Name: "bftbc", Variant: cmp.Or(p.Variant, protocols.Paper), Title: "BFT-BC",
		Servers: 3*t + 1, Quorum: 2*t + 1, LyingServers: t, LyingReaders: true, LyingWriters: true, KeyPairs: true,
		Repairs: true,
		Read:    []protocols.Leg{{Reply: 1}},
		Write:   []protocols.Leg{{}, {}, {Request: 1}},
	}
}

// ErrNoKeyPair says that a server or client has no key pair of its own.
var ErrNoKeyPair = errors.New("BFT-BC needs a key pair for each server and each client that writes")

// NewServer implements protocols.Protocol. A server without valid keys answers nothing.
func (p Protocol) NewServer(params protocols.ServerParams) protocols.Server {
	s := &server{index: params.Index}
	s.judge, s.keyErr = p.newJudge(params.T, params.Suite, params.Keys.Public, params.Keys.Servers)
	if s.keyErr == nil {
		s.signer, s.keyErr = newSigner(params.Suite, params.Keys.Private)
	}
	return s
}

// NewRegister implements protocols.Protocol. Without valid keys the operations that need them fail.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	r := &register{pid: c.PID, after: c.After, entropy: c.Entropy, keys: map[protocols.Key]*progress{}}
	r.judge, r.readErr = p.newJudge(c.T, c.Suite, c.Keys.Public, c.Keys.Servers)
	r.writeErr = cmp.Or(r.readErr, c.CheckWriter())
	switch {
	case r.writeErr != nil:
	case c.Keys.Own == nil:
		r.writeErr = fmt.Errorf("client %d has none: have the deployment issue it an identity: %w", c.PID, ErrNoKeyPair)
	default:
		r.identity = *c.Keys.Own
		r.signer, r.writeErr = newSigner(c.Suite, r.identity.Private)
	}
	return r
}

func newSigner(s suite.Suite, private []byte) (suite.Signer, error) {
	signer, err := s.Signer(private)
	if err != nil {
		return nil, errors.Join(ErrNoKeyPair, err)
	}
	return signer, nil
}

// register is a client's end.
type register struct {
	*judge
	pid               uint64
	after             protocols.Timestamp // which servers let only clients that lie insist on
	entropy           io.Reader
	identity          suite.Identity
	signer            suite.Signer // a writer's
	readErr, writeErr error        // why the client cannot read or write
	keys              map[protocols.Key]*progress
	spare             []byte // a buffer for the next WRITE's copy of its value
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, _ protocols.Memory) protocols.Operation {
	if err := cmp.Or(r.readErr, protocols.CheckKey(key)); err != nil {
		return protocols.Failed(err)
	}
	return &read{Phase: r.is.NewPhase(), judge: r.judge, key: key}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, _ protocols.Memory) protocols.Operation {
	if err := cmp.Or(r.writeErr, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(err)
	}
	if r.keys[key] == nil {
		r.keys[key] = &progress{}
	}
	return &write{Phase: r.is.NewPhase(), register: r, key: key, value: value, mine: r.keys[key]}
}
