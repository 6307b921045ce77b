package sim

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
)

// What a protocol withstands, its variants do, and what it does not they need not: each row of the catalogue has the
// outcome that it promises of the protocol. Where only the signatures differ, the attack that has it all is enough.
func TestVariants(t *testing.T) {
	for _, p := range catalog.Variants() {
		primitives, err := protocols.SuiteFor(p, "modern")
		if err != nil {
			t.Fatal(err)
		}
		attacks := append(byzantine.Against(p), byzantine.Attack{ID: "none"})
		if primitives != suite.Modern() {
			attacks = attacks[:1]
		}
		for _, a := range attacks {
			schedules := uint64(40)
			if a.Expected(p.Name()).Harm != byzantine.NoHarm {
				schedules = 300 // it must come about
			}
			t.Run(p.Name()+"/"+a.ID, func(t *testing.T) {
				s := Scenario{Protocol: p, T: 1, Durability: Fsync, Attack: a}
				demand(t, s, explore(t, s, schedules))
			})
		}
	}
}
