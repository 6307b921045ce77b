// Package cas is CAS, Coded Atomic Storage: V. R. Cadambe, N. Lynch, M. Médard and P. Musial, "A coded shared atomic
// memory algorithm for message passing architectures", Distributed Computing 30 (2017), arXiv:1407.4167. It is a
// register for any number of readers and writers on erasure-coded data whose participants may crash, but not lie; and
// it is the worked example of docs/adding-a-protocol.md.
//
// CAS has N servers, of which f may crash, a code of which any k ≤ N−2f elements restore the value, and quorums of
// ⌈(N+k)/2⌉ servers, so that any two share k. Here N = 3t+1, f = t and k = t+1: servers, code and bytes are as in
// M-PoWerStore, which adds only the defence against lies. A quorum is ⌈(4t+2)/2⌉ = 2t+1 = N−t servers.
//
// A WRITE takes three rounds: query learns the highest finalized tag, pre-write stores an element at each server,
// finalize shows the tag to readers. A READ takes two: query, then finalize, which also fetches the elements.
//
// It departs from the publication in four points. Servers keep the highest finalized tag in place of a label per tag,
// because no round asks for another. They do not gossip tags: this model has no messages between servers, and any two
// quorums share k of them without. A READ of the initial value ends after query. And nothing is pruned: that is CASGC.
//
// It imports the model, wire and dispersal; catalog and tests import it.
package cas

import (
	"cmp"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// Protocol is CAS.
type Protocol struct{}

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: N = 3t+1 servers, of which ⌈(N+k)/2⌉ = 2t+1 are a quorum, as N+k is even, and none lies. An
// element of 1/k of the value goes to each server in pre-write, or comes from each in a READ's finalize.
func (Protocol) Traits(t int) protocols.Traits {
	element := 1 / float64(dispersal.Data(t))
	return protocols.Traits{
		Name: "cas", Variant: protocols.Paper, Title: "CAS",
		Servers: dispersal.Total(t), Quorum: (dispersal.Total(t) + dispersal.Data(t)) / 2,
		Read:  []protocols.Leg{{}, {Reply: element}},
		Write: []protocols.Leg{{}, {Request: element}, {}},
	}
}

// NewServer implements protocols.Protocol. All servers are alike.
func (Protocol) NewServer(params protocols.ServerParams) protocols.Server { return server{t: params.T} }

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	return &register{t: c.T, is: p.Traits(c.T), pid: c.PID, readOnly: c.CheckWriter(), clocks: protocols.NewClocks(c.After)}
}

// register is a client's end.
type register struct {
	t        int
	is       protocols.Traits
	pid      uint64
	readOnly error // why this client cannot write, if it cannot
	clocks   protocols.Clocks
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(err)
	}
	return &read{phase: phase{Phase: r.is.NewPhase()}, t: r.t, mem: mem}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	elements, err := dispersal.Encode(value, r.t, mem)
	if err = cmp.Or(r.readOnly, protocols.CheckKey(key), err); err != nil {
		return protocols.Failed(err)
	}
	return &write{
		phase: phase{Phase: r.is.NewPhase()}, pid: r.pid, clock: r.clocks.Of(key), length: uint64(len(value)),
		elements: elements,
	}
}
