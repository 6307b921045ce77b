// Package mpowerstore is M-PoWerStore: an atomic register for any number of readers and writers on S = 3t+1 servers,
// t of which may be Byzantine, as may be all readers (the paper, §5).
//
// A WRITE takes three rounds (writer.go, Algorithm 4), a READ two, or three under attack (reader.go and filter.go,
// Algorithm 6); server.go is Algorithm 5. Comments cite the paper's lines, and a tag D1 … D8 where the code departs
// from them; docs/protocols.md gives the reasons.
package mpowerstore

import (
	"github.com/powbench/powbench/protocols"
)

// Name is the protocol's name in configurations and results.
const Name = "mpowerstore"

// Protocol implements protocols.Protocol.
type Protocol struct{}

var _ protocols.Protocol = Protocol{}

// Name implements protocols.Protocol.
func (Protocol) Name() string { return Name }

// Servers implements protocols.Protocol: S = 3t+1.
func (Protocol) Servers(t int) int { return params{t: t}.servers() }

// Quorum implements protocols.Protocol: S−t = 2t+1.
func (Protocol) Quorum(t int) int { return params{t: t}.quorum() }

// Legs implements protocols.Protocol: one fragment of |F|/(t+1) to each server in STORE or from each in FILTER (the
// paper, §6.3); CLOCK, COMPLETE and COLLECT are metadata.
func (Protocol) Legs(op protocols.Op, t int) []protocols.Leg {
	fragment := 1 / float64(t+1)
	if op == protocols.Write {
		return []protocols.Leg{{}, {Request: fragment}, {}}
	}
	return []protocols.Leg{{}, {Reply: fragment}}
}

// NewServer implements protocols.Protocol.
func (Protocol) NewServer(p protocols.ServerParams) protocols.Server {
	return &server{params: newParams(p.T, p.Suite), index: p.Index, group: p.Suite.MAC(p.Keys.Group)}
}

// NewRegister implements protocols.Protocol.
func (Protocol) NewRegister(p protocols.ClientParams) protocols.Register {
	r := &register{
		params: newParams(p.T, p.Suite), pid: p.PID, entropy: p.Entropy, issued: map[protocols.Key]*uint64{},
	}
	r.keys, r.readOnly = writerKeys(r.params, p)
	return r
}
