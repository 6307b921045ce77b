package plots

import (
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// A published protocol is a row of the paper's Table 3, as printed there.
type published struct {
	name     string
	protocol string // in results; empty if PoWBench does not run it
	source   string // who published it
	// Data authentication and dispersal.
	authentication, dispersal string
	read, write               string // rounds in the worst case: D with data, d with metadata alone
	clients                   string // number of readers / writers
	messages                  string
	byzantine                 string // clients that may be Byzantine
}

// table3 is the paper's Table 3 (§7), in its order.
var table3 = []published{
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

// publishedAs is the system's row of the paper's table, or nil if it has none.
func publishedAs(protocol, variant string) *published {
	i := slices.IndexFunc(table3, func(p published) bool { return p.protocol == protocol && variant == paperVariant })
	if i < 0 {
		return nil
	}
	return &table3[i]
}

// of is the row's rounds of an operation.
func (p published) of(op string) string {
	if op == "read" {
		return p.read
	}
	return p.write
}

// compare says whether a measured worst case is the row's.
func (p published) compare(op string, measured result.Rounds) string {
	var bound result.Rounds
	_ = bound.UnmarshalText([]byte(p.of(op))) // a test parses all rows that are measured
	switch {
	case measured == bound:
		return equal
	case measured.Total() < bound.Total():
		return notReached
	}
	return differs + ": rounds"
}
