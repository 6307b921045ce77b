package frame

import (
	"maps"
	"slices"
)

// Known are the figures that points may be of: what is drawn, and what makes a table.
var Known = map[string]struct {
	Wan   bool // only a network with delays makes this figure
	Table bool // its points make a table of the summary and nothing to draw
}{
	"2a": {}, "2b": {}, "2c": {}, "2d": {Wan: true}, "wan": {Wan: true}, "single": {},
	AblationFigure: {}, SetUpFigure: {}, OpenFigure: {}, "table3": {Table: true},
}

// Figures is the names of the figures that points may be of, such as "2b", sorted.
func Figures() []string { return slices.Sorted(maps.Keys(Known)) }

// The figures that set variants, and suites and durabilities, side by side.
const (
	AblationFigure = "ablation"
	SetUpFigure    = "setup"
)

// OpenFigure is the one that shows open loops; all others leave them out.
const OpenFigure = "open"
