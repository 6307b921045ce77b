package frame

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// A Side is one of the two operations of which Table 1 gives the costs.
type Side struct {
	Name  string
	Of    func(result.Cost) result.Spent
	Paper func(Scheme) string // what the paper's Table 1 says of it
}

// Sides are the writer's operation and the server's.
var Sides = []Side{
	{"construct", func(c result.Cost) result.Spent { return c.Construct }, func(s Scheme) string { return s.Construct }},
	{"verify", func(c result.Cost) result.Spent { return c.Verify }, func(s Scheme) string { return s.Verify }},
}

// A CostCell is one scheme's costs at one t, over the repetitions.
type CostCell struct {
	Scheme  string
	Bits, T int // T is 0 if the scheme's costs do not depend on it
	Runs[result.Cost]
}

// Spent estimates what one operation spent in some respect.
func (c CostCell) Spent(s Side, of func(result.Spent) float64) stat.Estimate {
	return c.Estimate(func(r result.Cost) float64 { return of(s.Of(r)) })
}

// Multiplications is the number of modular ones counted in one operation, the same in all repetitions; 0: not counted.
func (c CostCell) Multiplications(s Side) float64 {
	for _, r := range c.All() {
		return float64(s.Of(r).Multiplications)
	}
	return 0
}

// CostCells are costs by security level, scheme and t.
type CostCells []CostCell

var errTwoCosts = errors.New("give only one of the two: costs of two runs are of different machines or builds")

// Costs gathers the costs of the sets. It refuses those of two runs, and impossible values.
func Costs(sets []*result.Set) (CostCells, error) {
	sets = Keep(sets, func(s *result.Set) bool { return len(s.Costs) > 0 })
	if len(sets) > 1 {
		return nil, fmt.Errorf("%s and %s hold costs: %w", sets[0].Dir, sets[1].Dir, errTwoCosts)
	}
	type key struct {
		scheme  string
		bits, t int
	}
	lines := func(s *result.Set) []result.Cost { return s.Costs }
	found, err := gather(sets, result.CostsFile, lines, func(c result.Cost) (repetition[key], error) {
		name := fmt.Sprintf("%s at t = %d", c.Scheme, c.T)
		return repetition[key]{key{c.Scheme, c.SecurityBits, c.T}, name, c.Repetition, c.Valid}, checkCost(c)
	})
	if err != nil {
		return nil, err
	}
	var cells CostCells
	for k, runs := range found {
		cells = append(cells, CostCell{k.scheme, k.bits, k.t, *runs})
	}
	slices.SortFunc(cells, func(a, b CostCell) int {
		return cmp.Or(cmp.Compare(a.Bits, b.Bits), cmp.Compare(schemeRank(a.Scheme), schemeRank(b.Scheme)),
			cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.T, b.T))
	})
	return cells, nil
}

func checkCost(c result.Cost) error {
	for _, x := range []float64{c.Construct.Ns, c.Verify.Ns} {
		if !(x > 0) || math.IsInf(x, 0) {
			return fmt.Errorf("a time of %v ns per operation is impossible", x)
		}
	}
	if c.Scheme == "" || c.T < 0 {
		return fmt.Errorf("scheme %q at t = %d is impossible", c.Scheme, c.T)
	}
	return nil
}

// Schemes are the names of what was measured, in the table's order.
func (cells CostCells) Schemes() []string {
	return Each(cells, func(c CostCell) string { return c.Scheme })
}

// Of is the cells of one scheme, by t.
func (cells CostCells) Of(scheme string) CostCells {
	return Keep(cells, func(c CostCell) bool { return c.Scheme == scheme })
}

// Thresholds are the values of t, ascending.
func (cells CostCells) Thresholds() []int {
	return Keep(Distinct(cells, func(c CostCell) int { return c.T }), func(t int) bool { return t > 0 })
}

// At is the cell of one scheme at t, which is its only one if its costs do not depend on t.
func (cells CostCells) At(scheme string, t int) CostCell {
	return Find(cells.Of(scheme), func(c CostCell) bool { return c.T == t || c.T == 0 })
}

// TimeGrowth is the exponent with which the time of one scheme grows with t: fitted to each repetition by itself, so that
// they give an interval. A repetition that lacks a t says nothing.
func (cells CostCells) TimeGrowth(s Side) stat.Estimate {
	times := map[int][2][]float64{} // t and ns, by repetition
	for _, c := range cells {
		for _, v := range c.Valid {
			of := times[v.Repetition]
			times[v.Repetition] = [2][]float64{append(of[0], float64(v.T)), append(of[1], s.Of(v).Ns)}
		}
	}
	var exponents []float64
	for _, r := range slices.Sorted(maps.Keys(times)) {
		if a, ok := stat.Growth(times[r][0], times[r][1]); ok && len(times[r][0]) == len(cells) {
			exponents = append(exponents, a)
		}
	}
	return stat.NewEstimate(exponents)
}

// CountGrowth is the exponent with which the counted multiplications of one scheme grow with t.
func (cells CostCells) CountGrowth(s Side) stat.Estimate {
	var t, y []float64
	for _, c := range cells {
		t, y = append(t, float64(c.T)), append(y, c.Multiplications(s))
	}
	if a, ok := stat.Growth(t, y); ok {
		return stat.Exactly(a)
	}
	return stat.Estimate{}
}

// Published is a protocol's row of the paper's Table 3, as printed there.
type Published struct {
	Name                      string
	Protocol                  string // in results
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
	{"[31]", "bftbc", "Liskov and Rodrigues, ICDCS 2006", "signatures", "replication", "2D", "D+2d", "any/any", "O(t)", "all"},
	{
		"[15]", "gv", "Dobre, Guerraoui, Majuntke, Suri and Vukolić, PODC 2011", "none", "replication",
		"2D+2d", "D+d", "any/1", "O(t)", "no",
	},
	{
		"[10]", "avid", "Cachin and Tessaro, DSN 2006", "signatures", "erasure coding",
		">(D+2d)", ">(3D+d)", "any/any", "O(t²)", "all",
	},
	{
		"Loft [22]", "loft", "Hendricks, Ganger and Reiter, SOSP 2007", "hash/MAC", "erasure coding",
		"∞", "D+2d", "any/any", "O(t²)", "all",
	},
	{"PoWerStore", "powerstore", "the paper, §4", "hash/MAC", "erasure coding", "D+d", "D+d", "any/1", "O(t)", "readers"},
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

// Unbounded is what Table 3 prints where there is no bound on the number of rounds.
const Unbounded = "∞"

// Of is the row's rounds of an operation.
func (p Published) Of(op string) string {
	if op == result.OpRead {
		return p.Read
	}
	return p.Write
}

// A Scheme is a way to prove that a write is complete, or to sign, with its costs as the paper's Table 1 prints them.
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

// schemeRank is the scheme's place in Table1; unknown ones come last.
func schemeRank(id string) int {
	if i := slices.Index(Schemes(), id); i >= 0 {
		return i
	}
	return len(Table1)
}
