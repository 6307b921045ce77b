package frame

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// Sought reports whether the cell's rate was looked for, as the highest that keeps an objective.
func Sought(c Cell) bool { return c.All()[0].Objective != nil }

// Objective names what the rate of a cell that was Sought keeps.
func Objective(c Cell) string {
	o := c.All()[0].Objective
	return fmt.Sprintf("%s of at most %g ms with a confidence of %g %%", o.Percentile, o.BoundMs, 100*o.Confidence)
}

// AttackOf is the attack that the cell's servers made, by its ID, or result.FaultFree.
func AttackOf(c Cell) string { return cmp.Or(c.Attack, result.FaultFree) }

// NoSlowServer stands for a first server whose link is as all others'.
const NoSlowServer = "none"

// SlowServerOf is the rate of the first server's link as an experiment names it, or NoSlowServer.
func SlowServerOf(c Cell) string {
	if c.SlowServer == 0 {
		return NoSlowServer
	}
	return c.SlowServer.String()
}

// A Robust is the capacity of a series: without attack, if that was measured, and the least under any attack or none.
type Robust struct {
	Free, Least Cell
	Attacks     int // under which there is a rate
}

// Robusts are those of the cells whose rates were sought, and found.
func Robusts(cells []Cell) (all []Robust) {
	sought := Keep(cells, func(c Cell) bool { return Sought(c) && len(c.Valid) > 0 })
	whatever := func(c Cell) Key {
		c.Attack, c.Rate = "", 0
		return c.Key
	}
	for _, key := range Each(sought, whatever) {
		own := Keep(sought, func(c Cell) bool { return whatever(c) == key })
		all = append(all, Robust{
			Free:    Find(own, func(c Cell) bool { return c.Attack == "" }),
			Least:   slices.MinFunc(own, func(a, b Cell) int { return cmp.Compare(a.Rate, b.Rate) }),
			Attacks: len(Keep(own, func(c Cell) bool { return c.Attack != "" })),
		})
	}
	return all
}
