// Package catalog is the one list of the protocols that PoWBench runs, of their variants, and of the attacks on them. To
// add one, add it to the list.
//
// It imports every protocol and its attacks; packages that need a protocol by its name import it.
package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/meant"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid"
	avidattacks "github.com/powbench/powbench/protocols/avid/attacks"
	"github.com/powbench/powbench/protocols/bftbc"
	bftbcattacks "github.com/powbench/powbench/protocols/bftbc/attacks"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/cas"
	"github.com/powbench/powbench/protocols/gv"
	gvattacks "github.com/powbench/powbench/protocols/gv/attacks"
	"github.com/powbench/powbench/protocols/loft"
	loftattacks "github.com/powbench/powbench/protocols/loft/attacks"
	"github.com/powbench/powbench/protocols/mabd"
	mabdattacks "github.com/powbench/powbench/protocols/mabd/attacks"
	"github.com/powbench/powbench/protocols/mpowerstore"
	mpowerstoreattacks "github.com/powbench/powbench/protocols/mpowerstore/attacks"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/null"
	"github.com/powbench/powbench/protocols/pasis"
	pasisattacks "github.com/powbench/powbench/protocols/pasis/attacks"
	"github.com/powbench/powbench/protocols/phalanx"
	phalanxattacks "github.com/powbench/powbench/protocols/phalanx/attacks"
	"github.com/powbench/powbench/protocols/powerstore"
	powerstoreattacks "github.com/powbench/powbench/protocols/powerstore/attacks"
	"github.com/powbench/powbench/protocols/targeted"
)

// outside are the protocols that Add added.
var outside []protocols.Protocol

// Add adds protocols from outside of this module, behind all others, before anything asks for one. It refuses a name that is
// taken: one would be measured for the other.
func Add(all ...protocols.Protocol) error {
	for _, p := range all {
		traits := p.Traits(1)
		if traits.Name == "" || traits.Title == "" {
			return fmt.Errorf("%T has no name or no title: its Traits say both", p)
		}
		if taken, err := ByName(protocols.NameOf(p)); err == nil {
			return fmt.Errorf("%T and %T are both called %q: give yours another name", p, taken, protocols.NameOf(p))
		}
		outside = append(outside, p)
	}
	return nil
}

// All lists the protocols in the order in which tables and legends name them.
func All() []protocols.Protocol {
	return append([]protocols.Protocol{
		mpowerstore.Protocol{},
		mabd.Protocol{},
		phalanx.Protocol{},
		powerstore.Protocol{},
		cas.Protocol{},
		pasis.Protocol{},
		avid.Protocol{},
		loft.Protocol{},
		bftbc.Protocol{},
		gv.Protocol{},
	}, outside...)
}

// Variants lists the ablations: protocols that differ from one of All in one respect, so that it shows what that respect
// is worth. They are measured where an experiment names them, and nowhere else.
func Variants() []protocols.Protocol {
	return []protocols.Protocol{
		powerstore.Protocol{Polynomial: true},
		variants.Polynomial(),
		variants.Signed(),
		variants.ReplicatedSigned(),
		variants.Replicated(),
		variants.Bounded(4),
		variants.Bounded(1),
		variants.Lean(),
		targeted.Protocol{Protocol: mpowerstore.Protocol{}},
		mabd.Protocol{Variant: mabd.Unanimous},
		mabd.Protocol{Variant: mabd.MetadataFirst},
		targeted.Protocol{Protocol: mabd.Protocol{}},
		phalanx.Protocol{Variant: phalanx.Unanimous},
		phalanx.Protocol{Variant: phalanx.MetadataFirst},
		targeted.Protocol{Protocol: phalanx.Protocol{}},
		phalanx.Protocol{Variant: phalanx.Ed25519},
		phalanx.Protocol{Variant: phalanx.RSA},
		avid.Protocol{Fingerprints: true},
		bftbc.Protocol{Variant: bftbc.Uncached},
	}
}

// Nulls lists the null protocols: ceilings for protocols of All, to measure beside them where an experiment names them.
func Nulls() []protocols.Protocol {
	return []protocols.Protocol{
		null.New(mpowerstore.Protocol{}),
		null.New(mabd.Protocol{}),
		null.New(phalanx.Protocol{}),
		null.New(cas.Protocol{}),
	}
}

// Pebbles lists Pebble alone with the batches of protocols of All: ceilings for what their servers store.
func Pebbles() []protocols.Protocol {
	return []protocols.Protocol{
		null.NewPebble(mpowerstore.Protocol{}),
		null.NewPebble(mabd.Protocol{}),
		null.NewPebble(phalanx.Protocol{}),
		null.NewPebble(cas.Protocol{}),
	}
}

// Names are the protocols' names, in the same order.
func Names() []string { return names(All()) }

// VariantNames are the variants' names, such as "mpowerstore+polynomial", in the same order.
func VariantNames() []string { return names(Variants()) }

// NullNames are the null protocols' names, such as "null+mabd", in the same order.
func NullNames() []string { return names(Nulls()) }

// PebbleNames are the names of Pebble alone, such as "pebble+mabd", in the same order.
func PebbleNames() []string { return names(Pebbles()) }

func names(all []protocols.Protocol) (names []string) {
	for _, p := range all {
		names = append(names, protocols.NameOf(p))
	}
	return names
}

// ByName finds a protocol, variant, null protocol or Pebble alone; the error for an unknown name says which may be meant, or lists
// those there are.
func ByName(name string) (protocols.Protocol, error) {
	for _, p := range slices.Concat(All(), Variants(), Nulls(), Pebbles()) {
		if protocols.NameOf(p) == name {
			return p, nil
		}
	}
	known := slices.Concat(Names(), VariantNames(), NullNames(), PebbleNames())
	if best := meant.Word(name, known); best != "" {
		return nil, fmt.Errorf("unknown protocol %q: did you mean %q?", name, best)
	}
	return nil, fmt.Errorf("unknown protocol %q: choose one of %s", name, strings.Join(known, ", "))
}

// Keeping is ByName for those who want back what was written, or ask what becomes of it: it refuses a null protocol
// and Pebble alone.
func Keeping(name string) (protocols.Protocol, error) {
	p, err := ByName(name)
	if err == nil && p.Traits(1).Null {
		return nil, fmt.Errorf("%s keeps no values, it only moves or stores the bytes of another protocol: it is there to be measured, "+
			"by `powbench run`; choose one of %s", name, strings.Join(slices.Concat(Names(), VariantNames()), ", "))
	}
	return p, err
}

// Attacks are all of byzantine's catalogue, with what is forged in the protocols of the list. A protocol without a
// playbook is attacked by what serves for any.
func Attacks() []byzantine.Attack {
	return byzantine.Catalog(mpowerstoreattacks.Playbook(), mabdattacks.Playbook(), phalanxattacks.Playbook(),
		powerstoreattacks.Playbook(), pasisattacks.Playbook(), avidattacks.Playbook(), loftattacks.Playbook(), bftbcattacks.Playbook(), gvattacks.Playbook())
}

// Attack finds an attack by its ID or name; the error for an unknown one lists those there are.
func Attack(id string) (byzantine.Attack, error) { return byzantine.ByID(Attacks(), id) }

// Against are the attacks that have a target in the protocol.
func Against(p protocols.Protocol) []byzantine.Attack {
	return slices.DeleteFunc(Attacks(), func(a byzantine.Attack) bool { return a.Expected(p).None })
}
