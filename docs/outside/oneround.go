package main

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// OneRound is M-ABD whose READs do not write back: they take one round, and the register is regular, not atomic. While a WRITE
// goes on, one READ may return its value and a later one the value before.
type OneRound struct{ mabd.Protocol }

// Traits implements protocols.Protocol.
func (p OneRound) Traits(t int) protocols.Traits {
	traits := p.Protocol.Traits(t)
	traits.Name, traits.Title = "oneround", "one-round ABD"
	traits.Consistency = protocols.Regular
	traits.Read = traits.Read[:1]
	return traits
}

// NewRegister implements protocols.Protocol.
func (p OneRound) NewRegister(c protocols.ClientParams) protocols.Register {
	return register{p.Protocol.NewRegister(c)}
}

type register struct{ protocols.Register }

// Read implements protocols.Register.
func (r register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return read{r.Register.Read(key, mem)}
}

type read struct{ protocols.Operation }

// Answer implements protocols.Operation. A READ that would begin to write back has ended.
func (r read) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := r.Operation.Answer(round, server, reply)
	return protocols.Step{Done: step.Done || step.Next != nil}
}
