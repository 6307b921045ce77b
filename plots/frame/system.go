package frame

import (
	"cmp"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
)

// A system is a protocol in one of its variants, and what is unusual in its set-up.
type System struct{ Protocol, Variant, SetUp string }

func (k Key) System() System {
	s := System{Protocol: k.Protocol, Variant: k.Variant}
	if k.Suite != result.Paper {
		s.SetUp += ", " + k.Suite + " suite"
	}
	if k.Durability != result.UsualDurability {
		s.SetUp += ", " + k.Durability
	}
	return s
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
	name := look.Name(s.Protocol)
	if s.Variant != result.Paper {
		name += ", " + cmp.Or(variantNames[s.Variant], s.Variant)
	}
	return name + s.SetUp
}

// CompareSystems sorts by protocol, each protocol's own variant first.
func CompareSystems(a, b System) int {
	own := func(s System) int {
		if s.Variant == result.Paper {
			return 0
		}
		return 1
	}
	return cmp.Or(look.Compare(a.Protocol, b.Protocol), cmp.Compare(own(a), own(b)), cmp.Compare(a.Variant, b.Variant),
		cmp.Compare(a.SetUp, b.SetUp))
}

// Causes leads from Phalanx to M-PoWerStore, one cause of the gain after the other.
var Causes = []System{
	{Protocol: "phalanx", Variant: result.Paper},
	{Protocol: "mpowerstore", Variant: "replicated-signed"}, // metadata write-back
	{Protocol: "mpowerstore", Variant: "signed"},            // erasure coding
	{Protocol: "mpowerstore", Variant: result.Paper},        // MACs and a nonce in place of a signature
}

// Steps name what each of causes adds to the one before.
var Steps = []string{"data write-back", "metadata write-back", "+ erasure coding", "+ MACs for signatures"}
