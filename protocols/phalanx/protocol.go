// Package phalanx is the multi-writer register of Phalanx (Malkhi and Reiter), which the paper compares M-PoWerStore
// with (§6). Its data verify themselves: a writer signs key, timestamp and hash of the value, so that t lying servers
// out of S = 3t+1 can at worst withhold the newest value. Any two quorums of 2t+1 share a correct server, which does
// not.
//
// A WRITE takes two rounds: GET_TS learns the highest timestamp of a quorum that verifies, PUT stores the value under
// the next one, signed. A READ takes two: GET learns the highest timestamp that verifies and its value, PUT writes them
// back. A READ of ⊥ has nothing to write back and ends after one.
//
// It imports the model, suite and wire; its attacks, catalog and tests import it.
package phalanx

import (
	"cmp"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// The variants.
const (
	// Unanimous READs do not write back what all servers of the quorum have.
	Unanimous = "unanimous"
	// MetadataFirst READs ask for timestamps, hashes and signatures first, then one server for its value, and do not write
	// back what all servers of the quorum have.
	MetadataFirst = "metadata-first"
	// Ed25519 and RSA sign by that scheme, whatever the suite is.
	Ed25519 = "ed25519"
	RSA     = "rsa"
)

// Protocol is Phalanx.
type Protocol struct {
	// Variant is one of the above, or empty for the register of the literature.
	Variant string
}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 3t+1 servers, of which t may lie and 2t+1 are a dissemination quorum. The
// value goes to every server, and for a READ also comes from every one. READs of the first two variants find the value
// at all servers.
func (p Protocol) Traits(t int) protocols.Traits {
	traits := protocols.Traits{
		Name: "phalanx", Variant: cmp.Or(p.Variant, protocols.Paper), Title: "Phalanx",
		Servers: 3*t + 1, Quorum: 2*t + 1, LyingServers: t, LyingReaders: true,
		Read:  []protocols.Leg{{Reply: 1}, {Request: 1}},
		Write: []protocols.Leg{{}, {Request: 1}},
	}
	switch p.Variant {
	case Unanimous:
		traits.Read, traits.Repairs = []protocols.Leg{{Reply: 1}}, true
	case MetadataFirst:
		traits.Read, traits.Repairs = []protocols.Leg{{}, {Reply: 1 / float64(traits.Servers)}}, true
	case Ed25519, RSA:
		traits.Scheme = p.Variant
	}
	return traits
}

// NewServer implements protocols.Protocol. All servers are alike; without a valid public key every PUT fails.
func (Protocol) NewServer(params protocols.ServerParams) protocols.Server {
	verifier, err := params.Suite.Verifier(params.Keys.Public)
	return &server{suite: params.Suite, verifier: verifier, keyErr: err}
}

// NewRegister implements protocols.Protocol. Without valid keys the operations that need them fail.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	r := &register{
		variant: p.Variant, is: p.Traits(c.T), pid: c.PID, suite: c.Suite, entropy: c.Entropy, clocks: protocols.NewClocks(c.After),
	}
	r.verifier, r.readErr = c.Suite.Verifier(c.Keys.Public)
	if r.writeErr = cmp.Or(r.readErr, c.CheckWriter()); r.writeErr == nil {
		r.signer, r.writeErr = c.Suite.Signer(c.Keys.Private)
	}
	return r
}

// register is a client's end.
type register struct {
	variant           string
	is                protocols.Traits
	pid               uint64
	suite             suite.Suite
	entropy           io.Reader
	verifier          suite.Verifier
	signer            suite.Signer // a writer's
	readErr, writeErr error        // why the client cannot read or write
	clocks            protocols.Clocks
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, _ protocols.Memory) protocols.Operation {
	if err := cmp.Or(r.readErr, protocols.CheckKey(key)); err != nil {
		return protocols.Failed(err)
	}
	if r.variant == MetadataFirst {
		return &metadataRead{Phase: r.is.NewPhase(), register: r, key: key}
	}
	return &read{Phase: r.is.NewPhase(), register: r, key: key}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, _ protocols.Memory) protocols.Operation {
	if err := cmp.Or(r.writeErr, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(err)
	}
	return &write{Phase: r.is.NewPhase(), register: r, key: key, value: value, clock: r.clocks.Of(key)}
}
