// Package loft is Loft: J. Hendricks, G. Ganger and M. Reiter, "Low-overhead Byzantine fault-tolerant storage", SOSP 2007.
// It is a register for any number of readers and writers on S = 3t+1 servers, of which t may lie, and so may clients. A
// fingerprinted cross-checksum lets a server check alone that its fragment is of the value that a writer writes, and
// vectors of MACs tell servers what other servers hold. Nothing is signed.
//
// A WRITE takes three rounds: FIND learns a timestamp, PREPARE stores a fragment at each server and brings back the
// server's vector of MACs, COMMIT shows the vectors to all (writer.go). Servers forget what is older than what they have
// committed (server.go). A READ takes one round if a quorum has committed the same version; else it commits the version
// itself, and begins again if servers have dropped it meanwhile (reader.go).
//
// It is reconstructed: where the publication was not at hand a tag U1 … U7 marks what was chosen; docs/protocols.md gives
// the reasons.
//
// It imports the model, wire, dispersal, fingerprint and suite; its attacks, catalog and tests import it.
package loft

import (
	"errors"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/suite"
)

// Protocol is Loft.
type Protocol struct{}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 3t+1 servers, of which t may lie and S−t = 2t+1 are a quorum. A fragment of
// 1/(t+1) of the value goes to each in PREPARE, or comes from each in a READ.
func (Protocol) Traits(t int) protocols.Traits {
	fragment := 1 / float64(dispersal.Data(t))
	return protocols.Traits{
		Name: "loft", Variant: protocols.Paper, Title: "Loft",
		Servers: dispersal.Total(t), Quorum: 2*t + 1, LyingServers: t, LyingReaders: true, LyingWriters: true,
		Read:  []protocols.Leg{{Reply: fragment}},
		Write: []protocols.Leg{{}, {Request: fragment}, {}}, Repairs: true, Starves: true,
	}
}

// Conditions are those of the protocol's operations.
func (Protocol) Conditions() protocols.Conditions {
	return protocols.Conditions{protocols.Restarted: ""}
}

// NewServer implements protocols.Protocol. Without the keys that it shares with the others the server fails.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	return newServer(p.params(s.T, s.Suite), s.Index, s.Keys.Pairs)
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	return &register{params: p.params(c.T, c.Suite), pid: c.PID, readOnly: c.CheckWriter(), clocks: protocols.NewClocks(c.After)}
}

func (p Protocol) params(t int, s suite.Suite) params {
	return params{t: t, is: p.Traits(t), suite: s}
}

// params is what both ends know.
type params struct {
	t     int
	is    protocols.Traits
	suite suite.Suite
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
	n := r.is.Servers
	return &read{params: r.params, mem: mem, first: make([]*Time, n), told: make([]*Time, n)}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	if err := errors.Join(r.readOnly, protocols.CheckKey(key)); err != nil {
		return protocols.Failed(err)
	}
	fragments, err := dispersal.Encode(value, r.t, mem)
	if err != nil {
		return protocols.Failed(err)
	}
	return &write{
		Phase: r.is.NewPhase(), params: r.params, pid: r.pid, clock: r.clocks.Of(key),
		fragments: fragments, checksum: fingerprint.New(r.suite, len(value), fragments, r.t),
		found: make([]*Found, r.is.Servers), proof: make(proof, r.is.Servers), acked: make([]bool, r.is.Servers),
	}
}
