package plots

import (
	"maps"
	"slices"
)

// known are the figures that points may be of: what is drawn, and what makes a table.
var known = map[string]struct {
	wan   bool // only a network with delays makes this figure
	table bool // its points make a table of the summary and nothing to draw
}{
	"2a": {}, "2b": {}, "2c": {}, "2d": {wan: true}, "wan": {wan: true}, "single": {},
	ablationFigure: {}, setUpFigure: {}, openFigure: {}, "table3": {table: true},
}

// Figures is the names of the figures that points may be of, such as "2b", sorted.
func Figures() []string { return slices.Sorted(maps.Keys(known)) }

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
