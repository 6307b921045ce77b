// Package catalog is the one list of the protocols that PoWBench runs, and of their variants. To add one, add it to the
// list.
//
// It imports every protocol and its attacks; packages that need a protocol by its name import it.
package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/cas"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/protocols/powerstore"
	"github.com/powbench/powbench/protocols/targeted"
)

// All lists the protocols in the order in which tables and legends name them.
func All() []protocols.Protocol {
	return []protocols.Protocol{
		mpowerstore.Protocol{},
		mabd.Protocol{},
		phalanx.Protocol{},
		powerstore.Protocol{},
		cas.Protocol{},
	}
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
	}
}

// Names are the protocols' names, in the same order.
func Names() []string { return names(All()) }

// VariantNames are the variants' names, such as "mpowerstore+polynomial", in the same order.
func VariantNames() []string { return names(Variants()) }

func names(all []protocols.Protocol) []string {
	var names []string
	for _, p := range all {
		names = append(names, protocols.NameOf(p))
	}
	return names
}

// ByName finds a protocol or variant; the error for an unknown name lists those there are.
func ByName(name string) (protocols.Protocol, error) {
	for _, p := range slices.Concat(All(), Variants()) {
		if protocols.NameOf(p) == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("unknown protocol %q: choose one of %s", name,
		strings.Join(slices.Concat(Names(), VariantNames()), ", "))
}
