package frame

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A side is one of the two operations of which Table 1 gives the costs.
type Side struct {
	Name  string
	of    func(result.Cost) result.Spent
	Paper func(look.Scheme) string // what the paper's Table 1 says of it
}

var Sides = []Side{
	{"construct", func(c result.Cost) result.Spent { return c.Construct }, func(s look.Scheme) string { return s.Construct }},
	{"verify", func(c result.Cost) result.Spent { return c.Verify }, func(s look.Scheme) string { return s.Verify }},
}

// CostCell is one scheme's costs at one t, over the repetitions.
type CostCell struct {
	Scheme         string
	Bits, T        int
	Valid, Invalid []result.Cost
}

// All is every repetition, the valid ones first.
func (c CostCell) All() []result.Cost { return slices.Concat(c.Valid, c.Invalid) }

// Estimate is the mean of what each valid repetition spent in some respect.
func (c CostCell) Estimate(s Side, of func(result.Spent) float64) stat.Estimate {
	var x []float64
	for _, v := range c.Valid {
		x = append(x, of(s.of(v)))
	}
	return stat.NewEstimate(x)
}

// Multiplications is how many modular multiplications were counted in one operation; 0 if they were not. All
// repetitions count the same.
func (c CostCell) Multiplications(s Side) float64 {
	for _, v := range c.All() {
		return multiplications(s.of(v))
	}
	return 0
}

func Microseconds(s result.Spent) float64 { return s.Ns / 1e3 }

func Allocations(s result.Spent) float64 { return s.Allocs }

func AllocatedBytes(s result.Spent) float64 { return s.Bytes }

func multiplications(s result.Spent) float64 { return float64(s.Multiplications) }

// CostTable is what one run measured of costs, by security level, scheme and t.
type CostTable struct {
	Set   *result.Set
	Cells []CostCell
}

// cell is the cell that the cost belongs to, new if need be.
func (t *CostTable) cell(c result.Cost) *CostCell {
	i := slices.IndexFunc(t.Cells, func(cell CostCell) bool { return cell.Scheme == c.Scheme && cell.T == c.T })
	if i < 0 {
		i = len(t.Cells)
		t.Cells = append(t.Cells, CostCell{Scheme: c.Scheme, Bits: c.SecurityBits, T: c.T})
	}
	return &t.Cells[i]
}

// Schemes are the names of what was measured, in the table's order.
func (t *CostTable) Schemes() []string {
	var names []string
	for _, c := range t.Cells {
		names = AppendNew(names, c.Scheme)
	}
	return names
}

// Of is the cells of one scheme, by t.
func (t *CostTable) Of(scheme string) []CostCell {
	return Keep(t.Cells, func(c CostCell) bool { return c.Scheme == scheme })
}

// Thresholds are the values of t, ascending.
func (t *CostTable) Thresholds() []int {
	var all []int
	for _, c := range t.Cells {
		if c.T > 0 {
			all = AppendNew(all, c.T)
		}
	}
	slices.Sort(all)
	return all
}

// At is the cell of one scheme at t, which is its only one if its costs do not depend on t.
func (t *CostTable) At(scheme string, threshold int) CostCell {
	for _, c := range t.Of(scheme) {
		if c.T == threshold || c.T == 0 {
			return c
		}
	}
	return CostCell{}
}

var errTwoCosts = errors.New("give only one of the two: costs of two runs are of different machines or builds")

// CostsOf gathers the costs of the sets; nil if there are none. It refuses those of two runs, and values that are none.
func CostsOf(sets []*result.Set) (*CostTable, error) {
	sets = Keep(sets, func(s *result.Set) bool { return len(s.Costs) > 0 })
	if len(sets) == 0 {
		return nil, nil
	}
	if len(sets) > 1 {
		return nil, fmt.Errorf("%s and %s hold costs: %w", sets[0].Dir, sets[1].Dir, errTwoCosts)
	}
	table := &CostTable{Set: sets[0]}
	for i, c := range table.Set.Costs {
		if err := checkCost(c); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", filepath.Join(table.Set.Dir, result.CostsFile), i+1, err)
		}
		cell := table.cell(c)
		if c.Valid {
			cell.Valid = append(cell.Valid, c)
		} else {
			cell.Invalid = append(cell.Invalid, c)
		}
	}
	slices.SortFunc(table.Cells, func(a, b CostCell) int {
		return cmp.Or(cmp.Compare(a.Bits, b.Bits), look.CompareSchemes(a.Scheme, b.Scheme), cmp.Compare(a.T, b.T))
	})
	return table, nil
}

// TimeGrowth is the exponent with which the time of a scheme grows with t: fitted to each repetition by itself, so that
// they give an interval. A repetition that lacks a t says nothing.
func TimeGrowth(cells []CostCell, s Side) stat.Estimate {
	byRepetition := map[int][]result.Cost{}
	most := 0
	for _, c := range cells {
		for _, v := range c.Valid {
			byRepetition[v.Repetition] = append(byRepetition[v.Repetition], v)
			most = max(most, v.Repetition)
		}
	}
	var exponents []float64
	for r := range most + 1 {
		var t, y []float64
		for _, v := range byRepetition[r] {
			t, y = append(t, float64(v.T)), append(y, s.of(v).Ns)
		}
		if a, ok := stat.Growth(t, y); ok && len(t) == len(cells) {
			exponents = append(exponents, a)
		}
	}
	return stat.NewEstimate(exponents)
}

// CountGrowth is the exponent with which the counted multiplications of a scheme grow with t.
func CountGrowth(cells []CostCell, s Side) stat.Estimate {
	var t, y []float64
	for _, c := range cells {
		t, y = append(t, float64(c.T)), append(y, c.Multiplications(s))
	}
	if a, ok := stat.Growth(t, y); ok {
		return stat.Exactly(a)
	}
	return stat.Estimate{}
}
