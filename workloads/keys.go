package workloads

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/powbench/powbench/protocols"
)

// maxKeys bounds a key space: more could never be loaded.
const maxKeys = 1 << 24

// KeyName returns the name of the key with index i, from 0.
func KeyName(i int) protocols.Key {
	return protocols.Key(fmt.Sprintf("key-%06d", i))
}

// A Chooser draws the keys of one client's operations. It is not safe for concurrent use.
type Chooser interface {
	// Next returns the index of the next operation's key.
	Next() int
}

// Keyspace returns the number of keys m = ⌈(clients−1)/p⌉, at least 1, for a probability of concurrency p in (0, 1]:
// when each of the clients has one operation in progress, on a key drawn uniformly from m, then at any instant an
// operation shares its key with another with probability at most p. Over its whole duration it meets up to two
// operations of each other client, so the share measured afterwards exceeds p and comes close to 2p.
func Keyspace(clients int, p float64) int {
	m := math.Ceil(float64(clients-1)/p - 1e-9) // 1e-9: a quotient that rounding put just above an integer
	return int(max(1, min(m, maxKeys)))
}

// uniform draws from all keys alike.
type uniform struct {
	keys int
	rng  *rand.Rand
}

// NewChooser returns the client's Chooser that draws uniformly from the keys with indices 0 … keys−1; keys ≥ 1.
func NewChooser(seed, client uint64, keys int) Chooser {
	return &uniform{keys: keys, rng: keyStream(seed, client)}
}

// Next implements Chooser.
func (c *uniform) Next() int { return c.rng.IntN(c.keys) }

// keyStream is the source of a client's choices.
func keyStream(seed, client uint64) *rand.Rand {
	return rand.New(rand.NewPCG(Derive(seed, "keys", client), client))
}
