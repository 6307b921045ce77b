package catalog

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	mabd "github.com/powbench/powbench/protocols/mabd/attacks"
	mpowerstore "github.com/powbench/powbench/protocols/mpowerstore/attacks"
	phalanx "github.com/powbench/powbench/protocols/phalanx/attacks"
	powerstore "github.com/powbench/powbench/protocols/powerstore/attacks"
)

// Attacks are all of byzantine's catalogue, with what is forged in the protocols of the list. A protocol without a
// playbook is attacked by what serves for any.
func Attacks() []byzantine.Attack {
	return byzantine.Catalog(powerstore.Playbook(), mpowerstore.Playbook(), mabd.Playbook(), phalanx.Playbook())
}

// Attack finds an attack by its ID or name; the error for an unknown one lists those there are.
func Attack(id string) (byzantine.Attack, error) { return byzantine.ByID(Attacks(), id) }

// Against are the attacks that have a target in the protocol.
func Against(p protocols.Protocol) []byzantine.Attack {
	return slices.DeleteFunc(Attacks(), func(a byzantine.Attack) bool { return a.Expected(p).None })
}
