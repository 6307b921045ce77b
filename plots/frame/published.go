package frame

import (
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// A published protocol is a row of the paper's Table 3, as printed there.
type published struct {
	Name     string
	Protocol string // in results; empty if PoWBench does not run it
	Source   string // who published it
	// Data authentication and dispersal.
	Authentication, Dispersal string
	Read, Write               string // rounds in the worst case: D with data, d with metadata alone
	Clients                   string // number of readers / writers
	Messages                  string
	Byzantine                 string // clients that may be Byzantine
}

// Of is the row's rounds of an operation.
func (p published) Of(op string) string {
	if op == "read" {
		return p.Read
	}
	return p.Write
}

// compare says whether a measured worst case is the row's.
func (p published) compare(op string, measured result.Rounds) string {
	var bound result.Rounds
	_ = bound.UnmarshalText([]byte(p.Of(op))) // a test parses all rows that are measured
	switch {
	case measured == bound:
		return Equal
	case measured.Total() < bound.Total():
		return NotReached
	}
	return Differs + ": rounds"
}

// Table3 is the paper's Table 3 (§7), in its order.
var Table3 = []published{
	{
		"Phalanx [34]", "phalanx", "Malkhi and Reiter, SRDS 1998", "signatures", "replication",
		"2D", "D+d", "any/any", "O(t)", "readers",
	},
	{
		"[31]", "", "Liskov and Rodrigues, ICDCS 2006", "signatures", "replication",
		"2D", "D+2d", "any/any", "O(t)", "all",
	},
	{
		"[15]", "", "Dobre, Guerraoui, Majuntke, Suri and Vukolić, PODC 2011", "none", "replication",
		"2D+2d", "D+d", "any/1", "O(t)", "no",
	},
	{
		"[10]", "", "Cachin and Tessaro, DSN 2006", "signatures", "erasure coding",
		">(D+2d)", ">(3D+d)", "any/any", "O(t²)", "all",
	},
	{
		"Loft [22]", "", "Hendricks, Ganger and Reiter, SOSP 2007", "hash/MAC", "erasure coding",
		"∞", "D+2d", "any/any", "O(t²)", "all",
	},
	{
		"PoWerStore", "powerstore", "the paper, §4", "hash/MAC", "erasure coding",
		"D+d", "D+d", "any/1", "O(t)", "readers",
	},
	{
		"M-PoWerStore", "mpowerstore", "the paper, §5", "hash/MAC", "erasure coding",
		"D+2d", "D+2d", "any/any", "O(t)", "readers",
	},
}

// PublishedAs is the system's row of the paper's table, or nil if it has none.
func PublishedAs(protocol, variant string) *published {
	i := slices.IndexFunc(Table3, func(p published) bool { return p.Protocol == protocol && variant == result.Paper })
	if i < 0 {
		return nil
	}
	return &Table3[i]
}
