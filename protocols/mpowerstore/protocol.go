// Package mpowerstore is M-PoWerStore: an atomic register for any number of readers and writers on S = 3t+1 servers,
// t of which may be Byzantine, as may be all readers (the paper, §5).
//
// A WRITE takes three rounds (writer.go, Algorithm 4), a READ two, or three under attack (reader.go and filter.go,
// Algorithm 6); server.go is Algorithm 5. Comments cite the paper's lines, and a tag D1 … D8 where the code departs
// from them; docs/protocols.md gives the reasons.
package mpowerstore

import (
	"fmt"
	"strings"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// Name is the protocol's name in configurations and results.
const Name = "mpowerstore"

// Protocol implements protocols.Protocol.
type Protocol struct {
	// Literal follows the paper's pseudo-code as printed, without D1 to D3, to show what goes wrong then. Channels keep
	// their roles (D4), and COMPLETE its second line of defence.
	Literal bool
	// Proof is the kind of proofs of writing; the zero one is the paper's.
	Proof Proof
	// Replicated does without erasure coding: every server stores the whole value.
	Replicated bool
	// History is K ≥ 1 where servers keep, of the entries of completed writes, the K highest and prune the others; with 0
	// they keep all, as in the paper.
	History int
	// Lean READs ask t+1 servers for their fragments, and the others only if those do not send theirs.
	Lean bool
}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 3t+1 servers, of which t may lie and S−t are a quorum. One fragment, of
// |F|/(t+1) where values are coded, goes to each server in STORE or comes from each in FILTER (the paper, §6.3); CLOCK,
// COMPLETE and COLLECT are metadata.
func (p Protocol) Traits(t int) protocols.Traits {
	fragment := p.disperser(t, nil).Share()
	traits := protocols.Traits{
		Name: Name, Variant: p.variant(), Title: "M-PoWerStore",
		Servers: params{t: t}.servers(), Quorum: params{t: t}.quorum(), LyingServers: t, LyingReaders: true,
		Read:  []protocols.Leg{{}, {Reply: fragment}},
		Write: []protocols.Leg{{}, {Request: fragment}, {}},
	}
	if p.Lean { // t+1 fragments
		traits.Read[1].Reply = 1 / float64(traits.Servers)
	}
	return traits
}

// variant is how the protocol differs from the paper's.
func (p Protocol) variant() string {
	var differs []string
	add := func(is bool, word string) {
		if is {
			differs = append(differs, word)
		}
	}
	add(p.Literal, "literal")
	add(p.Replicated, "replicated")
	add(p.Proof != HashProof, string(p.Proof))
	add(p.Lean, "lean")
	add(p.History == usualHistory, "bounded")
	add(p.History > 0 && p.History != usualHistory, fmt.Sprintf("bounded%d", p.History))
	if differs == nil {
		return protocols.Paper
	}
	return strings.Join(differs, "-")
}

// CandidateShape is how long a candidate's nonce is, in bytes, and its vector, in MACs: for those who make some up.
func (p Protocol) CandidateShape(t int, s suite.Suite) (nonce, macs int) {
	shape := p.params(t, s).shape
	return shape.nonce, shape.macs
}

// NewServer implements protocols.Protocol.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	params := p.params(s.T, s.Suite)
	verifier, err := params.proof.verifier(s)
	return &server{params: params, verifier: verifier, keyErr: err}
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	r := &register{
		params: p.params(c.T, c.Suite), pid: c.PID, entropy: c.Entropy, issued: map[protocols.Key]*uint64{},
	}
	if r.keys, r.readOnly = writerKeys(r.params, c); r.readOnly == nil {
		r.prover, r.readOnly = r.proof.prover(c, r.keys)
	}
	return r
}

func (p Protocol) params(t int, s suite.Suite) params {
	params := params{
		t: t, suite: s, data: p.disperser(t, s), history: p.History, literal: p.Literal, lean: p.Lean,
	}
	switch p.Proof {
	case SignatureProof:
		params.proof = signatures{s, params.servers()}
	case PolynomialProof:
		params.proof = nonces{s, pow.Polynomial{T: t}, params.servers()}
	default:
		params.proof = nonces{s, pow.Hash{Suite: s}, params.servers()}
	}
	params.shape = params.proof.shape()
	return params
}

func (p Protocol) disperser(t int, s suite.Suite) dispersal.Scheme {
	if p.Replicated {
		return dispersal.Replicated{Servers: params{t: t}.servers(), Suite: s}
	}
	return dispersal.Coded{T: t, Suite: s}
}
