// Package mabd is M-ABD: the multi-writer form of the atomic register of Attiya, Bar-Noy and Dolev, which the paper
// compares M-PoWerStore with (§6). It tolerates t servers that crash out of S = 2t+1, but none that lies, and waits for
// majorities of t+1.
//
// A WRITE takes two rounds: GET_TS learns the highest timestamp of a majority, PUT stores the value under the next one.
// A READ takes two: GET learns the highest timestamp and its value, PUT writes them back, so that no later READ can
// return an older value. A READ of ⊥ has nothing to write back and ends after one.
//
// It imports the model and wire; its attacks, catalog and tests import it.
package mabd

import (
	"cmp"

	"github.com/powbench/powbench/protocols"
)

// The variants, whose READs do less when nothing interferes with them.
const (
	// Unanimous READs do not write back what all servers of the majority have.
	Unanimous = "unanimous"
	// MetadataFirst READs ask for timestamps first, then one server for its value, and do not write back what all servers
	// of the majority have.
	MetadataFirst = "metadata-first"
)

// Protocol is M-ABD.
type Protocol struct {
	// Variant is one of the above, or empty for the register of the literature.
	Variant string
}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 2t+1 servers, of which none lies and a majority is a quorum. The value goes
// to every server, and for a READ also comes from every one. READs of the variants find the value at all servers.
func (p Protocol) Traits(t int) protocols.Traits {
	traits := protocols.Traits{
		Name: "mabd", Variant: cmp.Or(p.Variant, protocols.Paper), Title: "M-ABD", Servers: 2*t + 1, Quorum: t + 1,
		Read:  []protocols.Leg{{Reply: 1}, {Request: 1}},
		Write: []protocols.Leg{{}, {Request: 1}},
	}
	switch p.Variant {
	case Unanimous:
		traits.Read, traits.Repairs = []protocols.Leg{{Reply: 1}}, true
	case MetadataFirst:
		traits.Read, traits.Repairs = []protocols.Leg{{}, {Reply: 1 / float64(traits.Servers)}}, true
	}
	return traits
}

// NewServer implements protocols.Protocol. All servers are alike.
func (Protocol) NewServer(protocols.ServerParams) protocols.Server { return server{} }

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	return &register{
		variant: p.Variant, is: p.Traits(c.T), pid: c.PID, readOnly: c.CheckWriter(), clocks: protocols.NewClocks(c.After),
	}
}

// register is a client's end.
type register struct {
	variant  string
	is       protocols.Traits
	pid      uint64
	readOnly error // why this client cannot write, if it cannot
	clocks   protocols.Clocks
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, _ protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(err)
	}
	if r.variant == MetadataFirst {
		return &metadataRead{Phase: r.is.NewPhase(), register: r, key: key}
	}
	return &read{Phase: r.is.NewPhase(), unanimous: r.variant == Unanimous}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, _ protocols.Memory) protocols.Operation {
	if err := cmp.Or(r.readOnly, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(err)
	}
	return &write{Phase: r.is.NewPhase(), pid: r.pid, clock: r.clocks.Of(key), value: value}
}
