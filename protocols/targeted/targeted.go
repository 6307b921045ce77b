// Package targeted has the operations of any protocol send each round to a quorum of servers first, and to the others
// only if the round is overdue. A round waits for a quorum in any case; so, when nothing fails, it does with q/S of the
// messages and bytes. The price is that one silent server holds up every round of the keys whose quorum it is in.
//
// That is safe for every protocol whose rounds wait for replies and not for time. What the operation sees and what the
// servers see is what they could see without it, on a network that is slow: the requests to the servers left out are
// late, and those that are never sent are lost by a client that ends first, as a crash may lose them. In particular a
// round that counts acknowledgements gets as many as before: M-PoWerStore reveals a nonce when q servers have
// acknowledged STORE, so that t+1 correct ones hold the data, whichever q that are.
//
// It ends too. A round that does not end is overdue, and then all its requests have been sent. No round needs the
// requests of an earlier one to reach more servers than acknowledged them: a quorum's acknowledgements have made durable
// what a READ looks for, before it could hear of it.
//
// It imports the model alone. The catalog, attacks and tests import it.
package targeted

import "github.com/powbench/powbench/protocols"

// Protocol is the protocol within, targeted.
type Protocol struct{ protocols.Protocol }

// Traits implements protocols.Protocol: those of the protocol within, whose legs reach q of S servers.
func (p Protocol) Traits(t int) protocols.Traits {
	traits := p.Protocol.Traits(t)
	if traits.Variant == protocols.Paper {
		traits.Variant = "targeted"
	} else {
		traits.Variant += "-targeted"
	}
	share := float64(traits.Quorum) / float64(traits.Servers)
	for _, legs := range [][]protocols.Leg{traits.Read, traits.Write} {
		for i := range legs {
			legs[i].Request *= share
			legs[i].Reply *= share
		}
	}
	return traits
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	traits := p.Traits(c.T)
	return register{p.Protocol.NewRegister(c), traits.Servers, traits.Quorum}
}

// register is a client's end.
type register struct {
	protocols.Register
	servers, quorum int
}

// Read implements protocols.Register.
func (r register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return r.target(key, r.Register.Read(key, mem))
}

// Write implements protocols.Register.
func (r register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	return r.target(key, r.Register.Write(key, value, mem))
}

// target has the operation ask the key's quorum. All clients choose the same one, so that READs find the data where
// WRITEs have put it; over many keys all servers have the same load.
func (r register) target(key protocols.Key, o protocols.Operation) protocols.Operation {
	return &operation{Operation: o, first: protocols.Spread(key, 0, r.servers), quorum: r.quorum}
}

// operation is an operation in progress.
type operation struct {
	protocols.Operation
	first, quorum int                 // the quorum is these servers from the first one on
	all           protocols.Broadcast // the current round's requests
}

// Start implements protocols.Operation.
func (o *operation) Start() protocols.Broadcast { return o.narrow(o.Operation.Start()) }

// Answer implements protocols.Operation.
func (o *operation) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := o.Operation.Answer(round, server, reply)
	step.Next = o.narrow(step.Next)
	return step
}

// Overdue implements protocols.Hedged: the others are asked too.
func (o *operation) Overdue(int) protocols.Step { return protocols.Widen(o.all) }

// narrow keeps the requests to the quorum.
func (o *operation) narrow(b protocols.Broadcast) protocols.Broadcast {
	if b == nil {
		return nil
	}
	o.all = b
	few := make(protocols.Broadcast, len(b))
	for i := range o.quorum {
		s := (o.first + i) % len(b)
		few[s] = b[s]
	}
	return few
}
