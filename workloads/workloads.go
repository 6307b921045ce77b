// Package workloads makes what the clients of a run ask for: keys, values that prove what they are, and instants.
//
// Everything is derived from one seed, so that a run can be repeated and its processes agree without talking.
//
// The package knows the model but no protocol. It imports protocols; sim, harness and its packages may import it.
package workloads

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/cespare/xxhash/v2"

	"github.com/powbench/powbench/protocols"
)

// Derive returns a seed for the stream that the parts name, such as Derive(seed, "keys", client). Streams of different
// names are independent. Parts are numbers and strings and count as they print: 1 and "1" are the same, ("a", "bc") and
// ("ab", "c") are not.
func Derive(seed uint64, parts ...any) uint64 {
	h := xxhash.New()
	fmt.Fprint(h, seed)
	for _, part := range parts {
		fmt.Fprintf(h, " %q", fmt.Sprint(part))
	}
	return h.Sum64()
}

// maxKeys bounds a key space; more keys could never be loaded.
const maxKeys = 1 << 24

// KeyName returns the name of the key with index i, from 0.
func KeyName(i int) protocols.Key {
	return protocols.Key(fmt.Sprintf("key-%06d", i))
}

// A Chooser draws the index of the key of one client's next operation. It is not safe for concurrent use.
type Chooser func() int

// Keyspace returns the number of keys m = ⌈(clients−1)/p⌉, at least 1, for a probability of concurrency p in (0, 1]. If
// each client has one operation in progress, on a key drawn uniformly from m, then at any instant an operation shares its
// key with another with probability at most p. Over its whole duration it meets up to two operations of each other
// client, so the share measured afterwards exceeds p and comes close to 2p.
func Keyspace(clients int, p float64) int {
	m := math.Ceil(float64(clients-1)/p - 1e-9) // 1e-9: rounding may put a quotient just above an integer
	return int(max(1, min(m, maxKeys)))
}

// NewChooser returns the client's Chooser that draws uniformly from the keys with indices 0 … keys−1; keys ≥ 1.
func NewChooser(seed, client uint64, keys int) Chooser {
	random := keyStream(seed, client)
	return func() int { return random.IntN(keys) }
}

// keyStream returns the source of a client's choices.
func keyStream(seed, client uint64) *rand.Rand {
	return rand.New(rand.NewPCG(Derive(seed, "keys", client), client))
}

// HotKeys returns the number of keys in the hot-key model: key 0, which all clients share, and one for each client.
func HotKeys(clients int) int { return max(clients, 0) + 1 }

// hotChance returns the probability h with which a client asks for the shared key and not for its own, for a probability
// of concurrency p in (0, 1]: when each client has one operation in progress, an operation shares its key with another
// with probability h·(1 − (1−h)^(clients−1)) = p. For one client h is 0.
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

// NewHotChooser returns the Chooser of one of the clients, numbered from 1. It draws key 0, which all share, or the
// client's own, whose index is its number, so often that the probability of concurrency is p in (0, 1]: the probability
// that an operation shares its key with another when each client has one in progress.
func NewHotChooser(seed, client uint64, clients int, p float64) Chooser {
	shared, random := hotChance(clients, p), keyStream(seed, client)
	return func() int {
		if random.Float64() < shared {
			return 0
		}
		return int(client)
	}
}
