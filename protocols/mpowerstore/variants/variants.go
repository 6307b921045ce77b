// Package variants has M-PoWerStore with one respect changed, each in a file of its own: other proofs of writing
// (proofs.go), the paper's pseudo-code as printed (literal.go), a bounded history (bounded.go), lean READs (lean.go), and
// whole values in place of fragments. They compose around package mpowerstore, which knows none of them;
// docs/protocols.md gives the reasons. Their tests are beside those of the protocol, with which they share scripts.
//
// It imports mpowerstore and what that imports. The catalog, attacks and tests import it.
package variants

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/suite"
)

// vary is the protocol with the paper's variant changed.
func vary(name string, change func(*mpowerstore.Variant)) mpowerstore.Protocol {
	v := mpowerstore.Paper()
	v.Name = name
	change(&v)
	return mpowerstore.Protocol{Variant: &v}
}

// Polynomial has polynomials as proofs of writing (the paper, §3.3), in place of nonces.
func Polynomial() protocols.Protocol { return vary("polynomial", polynomials) }

// Signed has signatures as proofs of writing. It shows what proofs without signatures are worth.
func Signed() protocols.Protocol { return vary("signed", signatures) }

// Literal follows the paper's pseudo-code as printed, without D1 to D3, to show what goes wrong then. Channels keep
// their roles (D4), and COMPLETE its second line of defence.
func Literal() protocols.Protocol { return vary("literal", asPrinted) }

// Replicated does without erasure coding: every server stores the whole value.
func Replicated() protocols.Protocol { return vary("replicated", wholeValues) }

// ReplicatedSigned is Replicated and Signed at once.
func ReplicatedSigned() protocols.Protocol {
	return vary("replicated-signed", func(v *mpowerstore.Variant) {
		wholeValues(v)
		signatures(v)
	})
}

func wholeValues(v *mpowerstore.Variant) {
	v.Dispersal = func(t int, s suite.Suite) dispersal.Scheme {
		return dispersal.Replicated(candidates.Params{T: t}.Servers(), s)
	}
}

// Bounded has servers keep, of the entries of completed writes, the history highest, at least 1, and prune the others.
func Bounded(history int) protocols.Protocol {
	name := "bounded"
	if history != usualHistory {
		name = fmt.Sprintf("bounded%d", history)
	}
	return bounded{vary(name, func(v *mpowerstore.Variant) { v.Filterable = 2 }), history}
}

// Lean has READs ask t+1 servers for their fragments, and the others only if those do not send theirs.
func Lean() protocols.Protocol { return lean{vary("lean", func(*mpowerstore.Variant) {})} }

// reading is a register whose READs go on in another way.
type reading struct {
	protocols.Register
	vary func(*mpowerstore.Reader, protocols.Key) protocols.Operation
}

// Read implements protocols.Register.
func (r reading) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	op := r.Register.Read(key, mem)
	if reader, ok := op.(*mpowerstore.Reader); ok {
		return r.vary(reader, key)
	}
	return op
}
