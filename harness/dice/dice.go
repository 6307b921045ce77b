// Package dice decides what attackers that are processes leave to chance.
package dice

import (
	"math/rand/v2"

	"github.com/powbench/powbench/workloads"
)

// Dice implement byzantine.Dice. They belong to one attacker, which is not safe for concurrent use either.
type Dice struct{ rng *rand.Rand }

// New returns the dice of the attacker that the parts name, the same for the same seed.
func New(seed uint64, attacker ...any) Dice {
	return Dice{rand.New(rand.NewPCG(workloads.Derive(seed, attacker...), 0))}
}

// Roll returns a number in [0, n).
func (d Dice) Roll(n int) int { return d.rng.IntN(n) }
