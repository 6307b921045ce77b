package plots

import (
	"maps"
	"slices"
)

// Figures is the names of the figures that Draw draws from points, such as "2b", sorted.
func Figures() []string { return slices.Sorted(maps.Keys(figures)) }

// Protocols is the protocols of which figures and tables know the name, as in results, in the order of legends.
func Protocols() []string {
	names := make([]string, len(looks))
	for i, l := range looks {
		names[i] = l.protocol
	}
	return names
}

// Schemes is the names of the proofs and signatures of Table 1, as in results, in the table's order.
func Schemes() []string {
	names := make([]string, len(schemes))
	for i, s := range schemes {
		names[i] = s.id
	}
	return names
}
