package workloads

import (
	"math"
	"math/rand/v2"
	"sort"
)

// HotKeys returns the number of keys in the hot-key model: key 0, which all clients share, and each client's own.
func HotKeys(clients int) int { return max(clients, 0) + 1 }

// hotChance returns the probability h with which each of the clients asks for the one key that they share, and else
// for its own, so that the probability of concurrency is p in (0, 1]: when each has one operation in progress, an
// operation shares its key with another with probability h·(1 − (1−h)^(clients−1)) = p. One client shares with nobody,
// and h is 0.
func hotChance(clients int, p float64) float64 {
	if clients < 2 {
		return 0
	}
	const steps = 1 << 52 // as fine as a double is just below 1
	n := sort.Search(steps, func(i int) bool { return hotOverlap(clients, float64(i)/steps) >= p })
	return float64(n) / steps
}

// hotOverlap is the probability that one of the clients' operations shares its key with another's.
func hotOverlap(clients int, h float64) float64 {
	return h * (1 - math.Pow(1-h, float64(clients-1)))
}

// hot draws the shared key or the client's own.
type hot struct {
	chance float64
	own    int
	rng    *rand.Rand
}

// NewHotChooser returns the Chooser of one of the clients: key 0, which all share, or the client's own, whose index is
// the client's number, from 1. The more often it is key 0, the higher the probability of concurrency p in (0, 1], by
// which an operation shares its key with another when each client has one in progress.
func NewHotChooser(seed, client uint64, clients int, p float64) Chooser {
	return &hot{chance: hotChance(clients, p), own: int(client), rng: keyStream(seed, client)}
}

// Next implements Chooser.
func (c *hot) Next() int {
	if c.rng.Float64() < c.chance {
		return 0
	}
	return c.own
}
