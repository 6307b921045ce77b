// Package powerstore is PoWerStore: an atomic register for one writer and any number of readers on S = 3t+1 servers, t
// of which may be Byzantine, as may be all readers (the paper, §4).
//
// A WRITE takes two rounds (writer.go, Algorithm 1), and so does a READ, also under attack (reader.go and filter.go,
// Algorithm 3); server.go is Algorithm 2. Nothing is authenticated but the channels: a server believes a reader's
// candidate if its own history proves it. Comments cite the paper's lines, and a tag D4 … D8 where the code departs
// from them; docs/protocols.md gives the reasons.
package powerstore

import (
	"github.com/powbench/powbench/protocols"
)

// Name is the protocol's name in configurations and results.
const Name = "powerstore"

// Protocol implements protocols.Protocol.
type Protocol struct{}

var (
	_ protocols.Protocol     = Protocol{}
	_ protocols.SingleWriter = Protocol{}
)

// SingleWriter implements protocols.SingleWriter.
func (Protocol) SingleWriter() {}

// Name implements protocols.Protocol.
func (Protocol) Name() string { return Name }

// Servers implements protocols.Protocol: S = 3t+1.
func (Protocol) Servers(t int) int { return params{t: t}.servers() }

// Quorum implements protocols.Protocol: S−t = 2t+1.
func (Protocol) Quorum(t int) int { return params{t: t}.quorum() }

// Legs implements protocols.Protocol: one fragment of |F|/(t+1) to each server in STORE or from each in FILTER;
// COMPLETE and COLLECT are metadata.
func (Protocol) Legs(op protocols.Op, t int) []protocols.Leg {
	fragment := 1 / float64(t+1)
	if op == protocols.Write {
		return []protocols.Leg{{Request: fragment}, {}}
	}
	return []protocols.Leg{{}, {Reply: fragment}}
}

// NewServer implements protocols.Protocol.
func (Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	return &server{params: newParams(s.T, s.Suite)}
}

// NewRegister implements protocols.Protocol.
func (Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	if c.Issued == nil {
		c.Issued = protocols.Remembered{}
	}
	return &register{
		params: newParams(c.T, c.Suite), writes: c.Keys.IsWriter(), entropy: c.Entropy, issued: c.Issued,
	}
}
