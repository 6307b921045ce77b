// Package mpowerstore is M-PoWerStore: an atomic register for any number of readers and writers on S = 3t+1 servers,
// t of which may be Byzantine, as may be all readers (the paper, §5).
//
// A WRITE takes three rounds (writer.go, Algorithm 4), a READ two, or three under attack (reader.go, Algorithm 6);
// server.go is Algorithm 5, and proof.go has the proofs of writing and the MACs of all three. Comments cite the paper's
// lines, and a tag D1 … D8 where the code departs from them; docs/protocols.md gives the reasons. Variants are in
// package variants.
//
// It imports the model and what protocols build on (candidates, dispersal, pow, suite, wire). Its variants, the catalog,
// attacks and tests import it.
package mpowerstore

import (
	"errors"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// Name is the protocol's name in configurations and results.
const Name = "mpowerstore"

// Protocol implements protocols.Protocol. The zero Protocol is the paper's.
type Protocol struct {
	// Variant says what differs from the paper; nil is Paper.
	Variant *Variant
}

var _ protocols.Protocol = Protocol{}

// A Variant has the parts of a protocol in which variants may differ.
type Variant struct {
	// Name is the variant's name in configurations and results.
	Name string
	// Proof makes the proofs of writing.
	Proof func(t int, s suite.Suite) Proof
	// Dispersal lays values on the servers.
	Dispersal func(t int, s suite.Suite) dispersal.Scheme
	// Filterable is the number of candidates that FILTER may carry, in multiples of S.
	Filterable int
}

// Paper is the variant that is no variant.
func Paper() Variant {
	return Variant{
		Name: protocols.Paper,
		Proof: func(t int, s suite.Suite) Proof {
			return Nonces{Scheme: pow.Hash{Suite: s}, Suite: s, Servers: candidates.Params{T: t}.Servers()}
		},
		Dispersal:  func(t int, s suite.Suite) dispersal.Scheme { return dispersal.Coded(t, s) },
		Filterable: 1,
	}
}

func (p Protocol) variant() Variant {
	if p.Variant == nil {
		return Paper()
	}
	return *p.Variant
}

func (p Protocol) params(t int, s suite.Suite) params {
	v := p.variant()
	all := params{Params: candidates.Params{T: t, Suite: s, Data: v.Dispersal(t, s)}, proof: v.Proof(t, s)}
	all.shape, all.filterable = all.proof.Shape(), v.Filterable*all.Servers()
	return all
}

// Traits implements protocols.Protocol: S = 3t+1 servers, of which t may lie and S−t are a quorum. One fragment, of
// |F|/(t+1) where values are coded, goes to each server in STORE or comes from each in FILTER (the paper, §6.3); CLOCK,
// COMPLETE and COLLECT are metadata.
func (p Protocol) Traits(t int) protocols.Traits {
	v, size := p.variant(), candidates.Params{T: t}
	fragment := v.Dispersal(t, nil).Share()
	return protocols.Traits{
		Name: Name, Variant: v.Name, Title: "M-PoWerStore",
		Servers: size.Servers(), Quorum: size.Quorum(), LyingServers: t, LyingReaders: true,
		Read:  []protocols.Leg{{}, {Reply: fragment}},
		Write: []protocols.Leg{{}, {Request: fragment}, {}},
	}
}

// CandidateShape is how long a candidate's nonce is, in bytes, and its vector, in MACs: for those who make some up.
func (p Protocol) CandidateShape(t int, s suite.Suite) (nonce, macs int) {
	shape := p.params(t, s).shape
	return shape.Nonce, shape.MACs
}

// NewServer implements protocols.Protocol.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	params := p.params(s.T, s.Suite)
	verifier, err := params.proof.Verifier(s)
	return &server{params: params, Verifier: verifier, keyErr: err}
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	r := &register{params: p.params(c.T, c.Suite), pid: c.PID, entropy: c.Entropy, clocks: protocols.NewClocks(c.After)}
	if r.readOnly = r.CheckWriter(c); r.readOnly == nil {
		r.prover, r.readOnly = r.proof.Prover(c)
	}
	return r
}

// register is a client's end.
type register struct {
	params
	pid      uint64
	entropy  io.Reader
	prover   Prover
	readOnly error // why this client cannot write, if it cannot
	clocks   protocols.Clocks
}

// Read implements protocols.Register. The operation is a *Reader if the key is sound.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(fmt.Errorf("read: %w", err))
	}
	return &Reader{
		params: r.params, Phase: r.NewPhase(), mem: mem, W: candidates.NewAnswers[*Entry](r.Params),
	}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	if err := errors.Join(r.readOnly, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(fmt.Errorf("write: %w", err))
	}
	return &writer{
		params: r.params, Phase: r.NewPhase(), key: key, value: value, mem: mem,
		pid: r.pid, prover: r.prover, entropy: r.entropy, clock: r.clocks.Of(key),
	}
}
