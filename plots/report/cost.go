package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// newCosts makes the samples of one scheme's costs at one t.
func newCosts(costs []result.Cost, runs runs) *samples {
	costs = slices.Clone(costs)
	slices.SortStableFunc(costs, func(a, b result.Cost) int {
		return cmp.Or(cmp.Compare(a.Repetition, b.Repetition), cmp.Compare(a.Attempt, b.Attempt))
	})
	s := &samples{Name: costs[0].Scheme, Facts: factsOf(costs, ofCost())}
	for set, r := range runs {
		if len(set.Costs) > 0 { // plots refuses costs of two runs
			s.Run = r
		}
	}
	for _, c := range costs {
		s.Columns = append(s.Columns, columnName(c.Repetition, c.Attempt))
	}
	s.Again = fmt.Sprintf("jq .config %s > again.yaml && powbench costs --results again again.yaml", quoted(s.Run.manifest()))
	return s
}

// ofCost is what is said of a repetition of a scheme's costs, in this order.
func ofCost() []property[result.Cost] {
	properties := []property[result.Cost]{
		{"valid", func(c result.Cost) string { return validity(c.Valid, c.InvalidReason) }},
	}
	for _, side := range []struct {
		name string
		of   func(result.Cost) result.Spent
	}{
		{"construct", func(c result.Cost) result.Spent { return c.Construct }},
		{"verify", func(c result.Cost) result.Spent { return c.Verify }},
	} {
		for _, p := range ofSpent {
			properties = append(properties, property[result.Cost]{
				side.name + ": " + p.name, func(c result.Cost) string { return p.of(side.of(c)) },
			})
		}
	}
	return append(properties,
		property[result.Cost]{"stolen by the hypervisor", func(c result.Cost) string { return share(c.HostSteal) }},
		property[result.Cost]{"started", func(c result.Cost) string { return cmp.Or(c.Started, unknown) }})
}

var ofSpent = []property[result.Spent]{
	{"µs", func(s result.Spent) string { return number(s.Ns / 1e3) }},
	{"operations timed", func(s result.Spent) string { return recorded(int64(s.Ops)) }},
	{"allocations", func(s result.Spent) string { return number(s.Allocs) }},
	{"bytes allocated", func(s result.Spent) string { return number(s.Bytes) }},
	{"multiplications", func(s result.Spent) string { return recorded(s.Multiplications) }},
	{"other work had the processor", func(s result.Spent) string { return share(s.Waited) }},
}
