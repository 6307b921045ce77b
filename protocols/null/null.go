// Package null is protocols that do nothing but talk: a null protocol takes the rounds of its namesake, with messages as
// long as the namesake's, in both directions, and waits for as many servers. It hashes, signs, codes and stores nothing.
// So it is the ceiling of its namesake on any network and machine: what one reaches beside the other is what the
// namesake's own work costs.
//
// It learns the lengths from a dry run of the namesake, at set-up: a WRITE to a register that has been written before,
// and a READ of it. Rounds must ask all servers. It keeps no value: a READ returns ⊥, and there is no history to check.
//
// It imports the model, play and wire; the catalog and tests import it.
package null

import (
	"cmp"
	"strings"
	"sync"

	"github.com/powbench/powbench/protocols"
)

// Name is the name of all null protocols in configurations and results; the variant is the namesake.
const Name = "null"

// Protocol is the null protocol of a namesake. New makes one.
type Protocol struct {
	namesake protocols.Protocol
	known    *sync.Map // dialogues by lesson
}

var _ protocols.Protocol = Protocol{}

// New returns the null protocol of the namesake.
func New(namesake protocols.Protocol) Protocol { return Protocol{namesake, new(sync.Map)} }

// Traits implements protocols.Protocol: those of the namesake, except for the names.
func (p Protocol) Traits(t int) protocols.Traits {
	traits := p.namesake.Traits(t)
	traits.Variant = strings.ReplaceAll(traits.System(), "+", "-")
	traits.Name, traits.Title, traits.Null = Name, "null protocol", true
	return traits
}

// NewServer implements protocols.Protocol.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	return newServer(func(op protocols.Op) dialogue {
		return p.learn(s.Suite, lesson{t: s.T, pid: 1, op: op, valueBytes: usualBytes})
	}, s.Index)
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	return &register{Protocol: p, is: p.Traits(c.T), params: c, readOnly: c.CheckWriter()}
}

// register is a client's end.
type register struct {
	Protocol
	is       protocols.Traits
	params   protocols.ClientParams
	readOnly error // why this client cannot write, if it cannot
}

// dialogue is what the client says in an operation.
func (r *register) dialogue(op protocols.Op, valueBytes int) dialogue {
	return r.learn(r.params.Suite, lesson{t: r.params.T, pid: samePID(r.params.PID), op: op, valueBytes: valueBytes})
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, _ protocols.Memory) protocols.Operation {
	d := r.dialogue(protocols.Read, usualBytes)
	if err := cmp.Or(protocols.CheckKey(key), d.err); err != nil {
		return protocols.Failed(err)
	}
	return &operation{Phase: r.is.NewPhase(), op: protocols.Read, legs: d.legs}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, _ protocols.Memory) protocols.Operation {
	err := cmp.Or(r.readOnly, protocols.CheckKey(key), protocols.CheckValue(value))
	if err != nil {
		return protocols.Failed(err)
	}
	d := r.dialogue(protocols.Write, len(value))
	if d.err != nil {
		return protocols.Failed(d.err)
	}
	return &operation{Phase: r.is.NewPhase(), op: protocols.Write, legs: d.legs, value: value}
}

// operation is a READ or WRITE in progress.
type operation struct {
	protocols.Phase
	op    protocols.Op
	legs  []leg
	value []byte // what a WRITE sends, or a READ sends back: the longest payload that it got
}

// Start implements protocols.Operation.
func (o *operation) Start() protocols.Broadcast { return o.next().Next }

// next begins the next round.
func (o *operation) next() protocols.Step {
	leg := o.legs[o.Round]
	requests := make(protocols.Broadcast, len(leg.requests))
	for i, r := range leg.requests {
		requests[i] = protocols.Message{Body: r.body, Payload: r.of(o.value)}
	}
	return o.Send(requests)
}

// Answer implements protocols.Operation: a round ends when a quorum has replied, and the last one ends the operation.
func (o *operation) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != o.Round || !isBody(reply.Body, place{o.op, round, true}) {
		return protocols.Wait()
	}
	if o.op == protocols.Read && len(reply.Payload) > len(o.value) {
		o.value = reply.Payload
	}
	switch {
	case !o.Quorum():
		return protocols.Wait()
	case o.Round == len(o.legs):
		return protocols.Done()
	}
	return o.next()
}

// Result implements protocols.Operation.
func (o *operation) Result() (protocols.Result, error) {
	return protocols.Result{Bottom: o.op == protocols.Read}, nil
}
