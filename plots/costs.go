package plots

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// A side is one of the two operations of which Table 1 gives the costs.
type side struct {
	name  string
	of    func(result.Cost) result.Spent
	paper func(scheme) string // what the paper's Table 1 says of it
}

var sides = []side{
	{"construct", func(c result.Cost) result.Spent { return c.Construct }, func(s scheme) string { return s.construct }},
	{"verify", func(c result.Cost) result.Spent { return c.Verify }, func(s scheme) string { return s.verify }},
}

// costCell is one scheme's costs at one t, over the repetitions.
type costCell struct {
	scheme         string
	bits, t        int
	valid, invalid []result.Cost
}

// all is every repetition, the valid ones first.
func (c costCell) all() []result.Cost { return slices.Concat(c.valid, c.invalid) }

// estimate is the mean of what each valid repetition spent in some respect.
func (c costCell) estimate(s side, of func(result.Spent) float64) Estimate {
	var x []float64
	for _, v := range c.valid {
		x = append(x, of(s.of(v)))
	}
	return NewEstimate(x)
}

// multiplications is how many modular multiplications were counted in one operation; 0 if they were not. All
// repetitions count the same.
func (c costCell) multiplications(s side) float64 {
	for _, v := range c.all() {
		return multiplications(s.of(v))
	}
	return 0
}

func microseconds(s result.Spent) float64    { return s.Ns / 1e3 }
func allocations(s result.Spent) float64     { return s.Allocs }
func allocatedBytes(s result.Spent) float64  { return s.Bytes }
func multiplications(s result.Spent) float64 { return float64(s.Multiplications) }

// costTable is what one run measured of costs, by security level, scheme and t.
type costTable struct {
	set   *result.Set
	cells []costCell
}

var errTwoCosts = errors.New("give only one of the two: costs of two runs are of different machines or builds")

// costsOf gathers the costs of the sets; nil if there are none. It refuses those of two runs, and values that are none.
func costsOf(sets []*result.Set) (*costTable, error) {
	sets = keep(sets, func(s *result.Set) bool { return len(s.Costs) > 0 })
	if len(sets) == 0 {
		return nil, nil
	}
	if len(sets) > 1 {
		return nil, fmt.Errorf("%s and %s hold costs: %w", sets[0].Dir, sets[1].Dir, errTwoCosts)
	}
	table := &costTable{set: sets[0]}
	for i, c := range table.set.Costs {
		if err := checkCost(c); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", filepath.Join(table.set.Dir, result.CostsFile), i+1, err)
		}
		cell := table.cell(c)
		if c.Valid {
			cell.valid = append(cell.valid, c)
		} else {
			cell.invalid = append(cell.invalid, c)
		}
	}
	slices.SortFunc(table.cells, func(a, b costCell) int {
		return cmp.Or(cmp.Compare(a.bits, b.bits), compareSchemes(a.scheme, b.scheme), cmp.Compare(a.t, b.t))
	})
	return table, nil
}

// cell is the cell that the cost belongs to, new if need be.
func (t *costTable) cell(c result.Cost) *costCell {
	i := slices.IndexFunc(t.cells, func(cell costCell) bool { return cell.scheme == c.Scheme && cell.t == c.T })
	if i < 0 {
		i = len(t.cells)
		t.cells = append(t.cells, costCell{scheme: c.Scheme, bits: c.SecurityBits, t: c.T})
	}
	return &t.cells[i]
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

// schemes are the names of what was measured, in the table's order.
func (t *costTable) schemes() []string {
	var names []string
	for _, c := range t.cells {
		names = appendNew(names, c.scheme)
	}
	return names
}

// of is the cells of one scheme, by t.
func (t *costTable) of(scheme string) []costCell {
	return keep(t.cells, func(c costCell) bool { return c.scheme == scheme })
}

// thresholds are the values of t, ascending.
func (t *costTable) thresholds() []int {
	var all []int
	for _, c := range t.cells {
		if c.t > 0 {
			all = appendNew(all, c.t)
		}
	}
	slices.Sort(all)
	return all
}

// at is the cell of one scheme at t, which is its only one if its costs do not depend on t.
func (t *costTable) at(scheme string, threshold int) costCell {
	for _, c := range t.of(scheme) {
		if c.t == threshold || c.t == 0 {
			return c
		}
	}
	return costCell{}
}
