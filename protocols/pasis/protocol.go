// Package pasis is PASIS: G. Goodson, J. Wylie, G. Ganger and M. Reiter, "Efficient Byzantine-tolerant erasure-coded
// storage", DSN 2004, with a repair of what is incomplete. It is a register for any number of readers and writers on
// S = 4t+1 servers that keep versions; t of them may lie, and so may writers: a version is named by the hash of its
// fragments' hashes, so that a fragment fits one version alone, and readers refuse a version whose fragments are of no
// value. Nothing is signed, and most work is the clients'.
//
// A WRITE takes two rounds: GET_TIME learns a time that is as high as that of any complete WRITE, STORE stores a fragment
// at each server (writer.go). A READ takes one if S−t servers have the same newest version, and more if it meets WRITEs
// in progress or what writers left when they died (reader.go).
//
// It is reconstructed: thresholds are derived, not quoted, and where the publication was not at hand a tag U1 … U5 marks
// what was chosen; docs/protocols.md gives the reasons.
//
// It imports the model, wire, dispersal and suite; its attacks, catalog and tests import it.
package pasis

import (
	"errors"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// Protocol is PASIS.
type Protocol struct{}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 4t+1 servers, of which t may lie and S−t = 3t+1 are a quorum. A fragment of
// 1/(t+1) of the value goes to each in STORE, or comes from each in a READ. Readers must be honest: their repairs are
// WRITEs of old versions, and nothing tells a server that a version is new (U4).
func (Protocol) Traits(t int) protocols.Traits {
	fragment := 1 / float64(t+1)
	return protocols.Traits{
		Name: "pasis", Variant: protocols.Paper, Title: "PASIS",
		Servers: 4*t + 1, Quorum: 3*t + 1, LyingServers: t, LyingWriters: true,
		Read:  []protocols.Leg{{Reply: fragment}},
		Write: []protocols.Leg{{}, {Request: fragment}}, Repairs: true, Starves: true,
	}
}

// NewServer implements protocols.Protocol.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	return &server{params: p.params(s.T, s.Suite), index: s.Index}
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	return &register{params: p.params(c.T, c.Suite), pid: c.PID, readOnly: c.CheckWriter(), clocks: protocols.NewClocks(c.After)}
}

func (p Protocol) params(t int, s suite.Suite) params {
	is := p.Traits(t)
	return params{t: t, is: is, suite: s, data: dispersal.CodedOn(is.Servers, t, s)}
}

// params is what both ends know.
type params struct {
	t     int
	is    protocols.Traits
	suite suite.Suite
	data  dispersal.Scheme
}

// register is a client's end.
type register struct {
	params
	pid      uint64
	readOnly error // why this client cannot write, if it cannot
	clocks   protocols.Clocks
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(err)
	}
	return &read{Phase: r.is.NewPhase(), params: r.params, mem: mem}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	fragments, cc, err := r.data.Encode(value, mem)
	if err = errors.Join(r.readOnly, protocols.CheckKey(key), err); err != nil {
		return protocols.Failed(err)
	}
	return &write{Phase: r.is.NewPhase(), params: r.params, pid: r.pid, clock: r.clocks.Of(key), fragments: fragments, cc: cc}
}
