package frame

import (
	"maps"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// The figures that have names of their own; the paper's have numbers.
const (
	Ablation     = "ablation"      // variants side by side
	SetUp        = "setup"         // suites and durabilities side by side
	Open         = "open"          // open and closed loops
	Sizes        = "sizes"         // against the values' size
	Registers    = "registers"     // all registers side by side
	RegistersWAN = "registers-wan" // the same far away
	Growth       = "growth"        // what more servers cost them
	LimitsFigure = "limits"        // protocols beside their ceilings
	Auth         = "auth"          // what TLS with certificates costs
	Sustain      = "sustained"     // the course of long loads
	Endurance    = "endurance"     // the course of longer loads, for what servers keep in memory
	Mix          = "mixed"         // READs and WRITEs mixed
	Capacity     = "capacity"      // the highest rates that keep an objective, under attack or not
	Counts       = "table3"        // the paper's Table 3
	Owed         = "owed"          // what the wait for owed replies does
	Recorder     = "recorder"      // what it costs the load to record what it does
)

// figures are those that points may be of: what is drawn, and what makes a table.
var figures = map[string]struct {
	wan   bool // only a network with delays makes this figure
	table bool // its points make a table of the summary and nothing to draw
}{
	"2a": {}, "2b": {}, "2c": {}, "2d": {wan: true}, "wan": {wan: true}, "single": {},
	Ablation: {}, SetUp: {}, Open: {}, Sizes: {}, Registers: {}, RegistersWAN: {wan: true}, Growth: {}, LimitsFigure: {}, Auth: {}, Sustain: {}, Endurance: {},
	Mix: {}, Capacity: {}, Counts: {table: true}, Owed: {table: true}, Recorder: {table: true},
}

// Figures is the names of the figures that points may be of, such as "2b", sorted.
func Figures() []string { return slices.Sorted(maps.Keys(figures)) }

// ForTable reports whether the figure's points make a table of the summary and nothing to draw.
func ForTable(figure string) bool { return figures[figure].table }

// NeedsWAN reports whether only a network with delays makes the figure.
func NeedsWAN(figure string) bool { return figures[figure].wan }

// InWAN reports whether the run was one over links with delays, or should have been.
func InWAN(s *result.Set) bool {
	return len(s.Manifest.Testbed.Delays) > 0 || NeedsWAN(s.Manifest.Figure) ||
		slices.ContainsFunc(s.Points, func(p result.Point) bool { return NeedsWAN(p.Figure) })
}
