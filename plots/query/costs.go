package query

import (
	"fmt"
	"maps"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
)

// sides are the operations of which Table 1 has the costs.
var sides = map[string]func(result.Cost) result.Spent{
	"construct": func(c result.Cost) result.Spent { return c.Construct },
	"verify":    func(c result.Cost) result.Spent { return c.Verify },
}

// cost is the time that a scheme's operation takes at t, in µs.
func cost(r *Results, args []any) (any, error) {
	costs, of, err := r.costs(args)
	q := Quantity{samples: map[int]float64{}, scale: 1}
	for _, c := range costs {
		q.samples[c.Repetition] = of(c).Ns / 1e3
		q.Points = []string{CostID(c)}
	}
	if len(costs) == 0 {
		q = missing(fmt.Sprintf("costs/%s/t%d", args[0], args[2]))
	}
	return q, err
}

// multiplications is how many modular multiplications a scheme's operation takes at t, as counted.
func multiplications(r *Results, args []any) (any, error) {
	costs, of, err := r.costs(args)
	for _, c := range costs {
		if n := of(c).Multiplications; n > 0 {
			q := Exact(float64(n))
			q.Points = []string{CostID(c)}
			return q, err
		}
	}
	return missing(fmt.Sprintf("multiplications of costs/%s/t%d", args[0], args[2])), err
}

// costs is the valid costs of a scheme at t, which is of no matter to a signature, and which operation is asked for.
func (r *Results) costs(args []any) (costs []result.Cost, of func(result.Cost) result.Spent, err error) {
	scheme, side, t := args[0].(string), args[1].(string), args[2].(int)
	if err := oneOf("scheme", scheme, look.Schemes()); err != nil {
		return nil, nil, err
	}
	if err := oneOf("operation", side, slices.Sorted(maps.Keys(sides))); err != nil {
		return nil, nil, err
	}
	for _, s := range r.sets {
		for _, c := range s.Costs {
			if c.Valid && c.Scheme == scheme && (c.T == t || c.T == 0) {
				costs = append(costs, c)
			}
		}
	}
	return costs, sides[side], nil
}

// CostID names a scheme's costs at one t, as in "costs/hash-sha1/t2".
func CostID(c result.Cost) string { return fmt.Sprintf("costs/%s/t%d", c.Scheme, c.T) }
