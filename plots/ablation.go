package plots

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// A system is a protocol in one of its variants, and what is unusual in its set-up.
type system struct{ protocol, variant, setUp string }

// What a system has whose name does not say.
const (
	paperVariant    = "paper"
	usualSuite      = "paper"
	usualDurability = "write"
)

func (k Key) system() system {
	s := system{protocol: k.Protocol, variant: k.Variant}
	if k.Suite != usualSuite {
		s.setUp += ", " + k.Suite + " suite"
	}
	if k.Durability != usualDurability {
		s.setUp += ", " + k.Durability
	}
	return s
}

// causes leads from Phalanx to M-PoWerStore, one cause of the gain after the other.
var causes = []system{
	{protocol: "phalanx", variant: paperVariant},
	{protocol: "mpowerstore", variant: "replicated-signed"}, // metadata write-back
	{protocol: "mpowerstore", variant: "signed"},            // erasure coding
	{protocol: "mpowerstore", variant: paperVariant},        // MACs and a nonce in place of a signature
}

// steps name what each of causes adds to the one before.
var steps = []string{"data write-back", "metadata write-back", "+ erasure coding", "+ MACs for signatures"}

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

// name is the system's in figures, such as "M-PoWerStore, signed".
func (s system) name() string {
	name := protocolName(s.protocol)
	if s.variant != paperVariant {
		name += ", " + cmp.Or(variantNames[s.variant], s.variant)
	}
	return name + s.setUp
}

// compareSystems sorts by protocol, each protocol's own variant first.
func compareSystems(a, b system) int {
	own := func(s system) int {
		if s.variant == paperVariant {
			return 0
		}
		return 1
	}
	return cmp.Or(compareProtocols(a.protocol, b.protocol), cmp.Compare(own(a), own(b)), cmp.Compare(a.variant, b.variant),
		cmp.Compare(a.setUp, b.setUp))
}

// ablationOrder is the systems from the top down: the causes, if they are all there, a gap, and the others.
func ablationOrder(cells []Cell) []system {
	var there []system
	for _, c := range cells {
		there = appendNew(there, c.system())
	}
	slices.SortFunc(there, compareSystems)
	if slices.ContainsFunc(causes, func(s system) bool { return !slices.Contains(there, s) }) {
		return there
	}
	others := keep(there, func(s system) bool { return !slices.Contains(causes, s) })
	if len(others) == 0 {
		return causes
	}
	return slices.Concat(causes, []system{{}}, others)
}

const (
	stripHeight  = 5 * vg.Millimeter // of a system's row
	stripsAround = 16 * vg.Millimeter
)

// ablationRows is the figure of the ablations: peak throughput above, the latency of one client alone below, and in both
// a row per system. The columns are the operations; the gutter is for the systems' names.
func ablationRows(cells []Cell) (rows [][]*plot.Plot, height, gutter vg.Length) {
	order := ablationOrder(cells)
	numbers := distinct(cells, func(c Cell) int { return c.Clients })
	fewest, throughput := numbers[0], "Peak throughput (MB/s)"
	if len(numbers) == 1 {
		throughput = "Throughput, " + count(fewest, "client") + " (MB/s)"
	}
	alone := keep(cells, func(c Cell) bool { return c.Clients == fewest })
	rows = [][]*plot.Plot{
		stripRow(order, Peaks(cells), throughput, func(c Cell) (Estimate, float64) { return c.Throughput(), c.Bound() }),
		stripRow(order, alone, "Mean latency, "+count(fewest, "client")+" (ms)",
			func(c Cell) (Estimate, float64) { return c.Latency(), 0 }),
	}
	return rows, stripsAround + stripHeight*vg.Length(len(order)), named(order).gutter()
}

// named is a strip with its name for each system.
func named(order []system) strips {
	s := make(strips, len(order))
	for i, system := range order {
		if system.protocol != "" {
			s[i].label = system.name()
		}
	}
	return s
}

// stripRow is a panel per operation.
func stripRow(order []system, cells []Cell, label string, of func(Cell) (Estimate, float64)) []*plot.Plot {
	var row []*plot.Plot
	for i, op := range distinct(cells, func(c Cell) string { return c.Op }) {
		p := newPanel(uprights{})
		p.X.Label.Text = label
		p.Y.Tick.Marker = plot.ConstantTicks(nil)
		s := make(strips, len(order))
		if i == 0 {
			s = named(order)
		}
		for j, system := range order {
			if system.protocol == "" {
				continue
			}
			s[j].look = lookOf(system.protocol)
			s[j].height, s[j].bound = of(find(cells, func(c Cell) bool { return c.Op == op && c.system() == system }))
		}
		p.Add(s)
		row = append(row, p)
	}
	return alignStrips(row)
}

// alignStrips gives the panels the same limits, so that they compare at sight.
func alignStrips(row []*plot.Plot) []*plot.Plot {
	var longest float64
	for _, p := range row {
		longest = max(longest, p.X.Max)
	}
	for _, p := range row {
		p.X.Max = longest
	}
	return row
}
