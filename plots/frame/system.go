package frame

import (
	"cmp"
	"math"

	"github.com/powbench/powbench/harness/result"
)

// A System is a protocol in one of its variants, and what is unusual in its set-up.
type System struct {
	Protocol, Variant string // as in results
	SetUp             string // such as ", modern suite"; empty if it is the usual one
	Title             string // the protocol's name as its paper writes it
	Order             int    // the protocol's place in legends and tables, from 1
}

// variantNames say in a few words what a variant does differently.
var variantNames = map[string]string{
	"replicated-signed": "replicated and signed",
	"replicated":        "without erasure coding",
	"signed":            "signed",
	"polynomial":        "polynomial proofs",
	"bounded":           "bounded history",
	"lean":              "t+1 fragments",
	"unanimous":         "write-back if needed",
	"metadata-first":    "metadata first",
	"targeted":          "quorum only",
	"ed25519":           "Ed25519",
	"rsa":               "RSA",
}

// Name is the system's in figures, such as "M-PoWerStore, signed".
func (s System) Name() string {
	name := s.Title
	if s.Variant != result.Paper {
		name += ", " + cmp.Or(variantNames[s.Variant], s.Variant)
	}
	return name + s.SetUp
}

// Plain is the system whatever its set-up.
func (s System) Plain() System {
	s.SetUp = ""
	return s
}

// Compare sorts by protocol, each protocol's own variant first.
func (s System) Compare(o System) int {
	own := func(s System) int {
		if s.Variant == result.Paper {
			return 0
		}
		return 1
	}
	return cmp.Or(s.compareProtocol(o), cmp.Compare(own(s), own(o)), cmp.Compare(s.Variant, o.Variant),
		cmp.Compare(s.SetUp, o.SetUp))
}

func (s System) compareProtocol(o System) int {
	return cmp.Or(cmp.Compare(s.Order, o.Order), cmp.Compare(s.Protocol, o.Protocol))
}

// systems knows titles and orders of the protocols in some sets.
type systems map[string]result.System

// systemsOf takes them from the manifests; where two differ, the first counts.
func systemsOf(sets []*result.Set) systems {
	all := systems{}
	for _, s := range sets {
		for _, system := range s.Manifest.Systems {
			if _, had := all[system.Protocol]; !had {
				all[system.Protocol] = system
			}
		}
	}
	return all
}

// of is a system with title and order. A protocol that no manifest knows has its own name and comes last.
func (all systems) of(protocol, variant string) System {
	s := System{Protocol: protocol, Variant: variant, Title: protocol, Order: math.MaxInt}
	if known, ok := all[protocol]; ok {
		s.Title, s.Order = known.Title, known.Order
	}
	return s
}

// A Cause is one of the differences between Phalanx and M-PoWerStore, that M-PoWerStore's gain is made of.
type Cause struct {
	Protocol, Variant string
	Step              string // what it adds to the cause before
}

// Causes leads from Phalanx to M-PoWerStore, one cause of the gain after the other.
var Causes = []Cause{
	{"phalanx", result.Paper, "data write-back"},
	{"mpowerstore", "replicated-signed", "metadata write-back"},
	{"mpowerstore", "signed", "+ erasure coding"},
	{"mpowerstore", result.Paper, "+ MACs for signatures"},
}

// Is reports whether the system is the cause's, in the usual set-up.
func (c Cause) Is(s System) bool {
	return s.Protocol == c.Protocol && s.Variant == c.Variant && s.SetUp == ""
}
