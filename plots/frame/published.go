package frame

import (
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// Published is a protocol's row of the paper's Table 3, as printed there.
type Published struct {
	Name                      string
	Protocol                  string // in results; empty if PoWBench does not run it
	Source                    string // who published it
	Authentication, Dispersal string // of data
	Read, Write               string // rounds in the worst case: D with data, d with metadata alone
	Clients                   string // number of readers / writers
	Messages                  string
	Byzantine                 string // clients that may be Byzantine
}

// Table3 is the paper's Table 3 (§7), in its order.
var Table3 = []Published{
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

// PublishedAs is the system's row of Table 3, or nil if it has none.
func PublishedAs(s System) *Published {
	i := slices.IndexFunc(Table3, func(p Published) bool { return p.Protocol == s.Protocol && s.Variant == result.Paper })
	if i < 0 {
		return nil
	}
	return &Table3[i]
}

// Of is the row's rounds of an operation.
func (p Published) Of(op string) string {
	if op == result.OpRead {
		return p.Read
	}
	return p.Write
}

// A Scheme is one way to prove that a write is complete, or to sign, and its costs by the paper's Table 1, as printed
// there; empty: not in it.
type Scheme struct{ ID, Construct, Verify string }

// What the paper's Table 1 says.
const (
	oneHash   = "1 hash"
	cubic     = "O(t³) modular exponentiations"
	quadratic = "O(t²) modular exponentiations"
	ofModulus = "O(M) modular exponentiations"
)

// Table1 is the schemes in the order of tables and legends.
var Table1 = []Scheme{
	{"hash-sha1", oneHash, oneHash},
	{"hash-sha256", oneHash, oneHash},
	{"hash-macs-sha1", "", ""},
	{"hash-macs-sha256", "", ""},
	{"polynomial-naive", cubic, quadratic},
	{"polynomial-horner", cubic, quadratic},
	{"polynomial-sealed", cubic, quadratic},
	{"rsa-1024", ofModulus, ofModulus},
	{"rsa-2048", ofModulus, ofModulus},
	{"rsa-3072", ofModulus, ofModulus},
	{"dsa-1024", "", ""},
	{"ecdsa-p256", "", ""},
	{"ed25519", "", ""},
}

// Schemes is the names of the schemes, as in results, in the table's order.
func Schemes() []string { return Each(Table1, func(s Scheme) string { return s.ID }) }

// SchemeOf is the scheme of that name; one that is not known has no costs by the paper.
func SchemeOf(id string) Scheme { return Find(Table1, func(s Scheme) bool { return s.ID == id }) }

// schemeRank is the scheme's place in Table1, or behind them all.
func schemeRank(id string) int {
	if i := slices.Index(Schemes(), id); i >= 0 {
		return i
	}
	return len(Table1)
}
