package null

import (
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// Pebble stands for the database alone, as a ceiling for what servers of the namesake can store: in a run of it, their
// processes commit the namesake's batches, and no client takes part. Its automata are the null protocol's, so that it can be
// listed, started and counted like any other; what they would say is never sent.
type Pebble struct{ Protocol }

// NewPebble returns Pebble alone with the batches of the namesake.
func NewPebble(namesake protocols.Protocol) Pebble { return Pebble{New(namesake)} }

// Traits implements protocols.Protocol.
func (p Pebble) Traits(t int) protocols.Traits {
	traits := p.Protocol.Traits(t)
	traits.Name, traits.Title = result.Pebble, "Pebble alone"
	return traits
}
