// Package powerstore is PoWerStore: an atomic register for one writer and any number of readers on S = 3t+1 servers, t
// of which may be Byzantine, as may be all readers (the paper, §4).
//
// A WRITE takes two rounds (writer.go, Algorithm 1), and so does a READ, also under attack (reader.go, Algorithm 3);
// server.go is Algorithm 2. Nothing is authenticated except the channels: a server believes a reader's candidate if its
// own history proves it. Comments cite the paper's lines, and a tag D4 … D8 where the code departs from them;
// docs/protocols.md gives the reasons.
//
// It imports the model and what protocols build on (candidates, dispersal, pow, suite). The catalog, attacks and tests
// import it.
package powerstore

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
const Name = "powerstore"

// Protocol implements protocols.Protocol.
type Protocol struct {
	// Polynomial takes the proofs of writing of §3.3 in place of those of §3.2: then N is a polynomial's coefficients and
	// N̄ each server's own secret share, to which STORE is a confidential channel.
	Polynomial bool
}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 3t+1 servers, of which t may lie and S−t are a quorum. One fragment of
// |F|/(t+1) goes to each server in STORE or comes from each in FILTER; COMPLETE and COLLECT are metadata.
func (p Protocol) Traits(t int) protocols.Traits {
	size := candidates.Params{T: t}
	fragment := 1 / float64(t+1)
	traits := protocols.Traits{
		Name: Name, Variant: protocols.Paper, Title: "PoWerStore", Writers: protocols.One,
		Servers: size.Servers(), Quorum: size.Quorum(), LyingServers: t, LyingReaders: true,
		Read:  []protocols.Leg{{}, {Reply: fragment}},
		Write: []protocols.Leg{{Request: fragment}, {}},
	}
	if p.Polynomial {
		traits.Variant = "polynomial"
	}
	return traits
}

// CandidateShape is how long a candidate's nonce is, in bytes, for those who make some up. There are no MACs.
func (p Protocol) CandidateShape(t int, s suite.Suite) (nonce, macs int) {
	return p.params(t, s).pow.SecretSize(), 0
}

// NewServer implements protocols.Protocol.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	params := p.params(s.T, s.Suite)
	channel, err := pow.NewChannel(params.pow, s.Keys.Group, s.Index)
	return &server{params: params, channel: channel, channelErr: err}
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	if c.Issued == nil {
		c.Issued = protocols.Remembered{}
	}
	r := &register{params: p.params(c.T, c.Suite), entropy: c.Entropy, issued: c.Issued}
	if r.readOnly = r.CheckWriter(c); r.readOnly == nil {
		r.channels, r.readOnly = pow.NewChannels(r.pow, c.Keys.Groups)
	}
	return r
}

func (p Protocol) params(t int, s suite.Suite) params {
	shared := candidates.Params{T: t, Suite: s, Data: dispersal.Coded(t, s)}
	if p.Polynomial {
		return params{shared, pow.Polynomial{T: t}}
	}
	return params{shared, pow.Hash{Suite: s}}
}

// register is a client's end.
type register struct {
	params
	channels pow.Channels // the writer's
	readOnly error        // why this client cannot write, if it cannot
	entropy  io.Reader
	issued   protocols.Issued
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(fmt.Errorf("read: %w", err))
	}
	return newReader(r.params, mem)
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	if err := errors.Join(r.readOnly, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(fmt.Errorf("write: %w", err))
	}
	return &writer{
		params: r.params, Phase: r.NewPhase(), key: key, value: value, mem: mem,
		channels: r.channels, entropy: r.entropy, issued: r.issued,
	}
}
