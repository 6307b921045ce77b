package protocols

import (
	"hash/fnv"
	"math/rand/v2"
)

// Spread picks one of n, in [0, n), by the key and the client's process id: the same for each operation of a client on a
// key, and each of the n as often over many of them. Operations choose by it the servers that they ask first.
func Spread(key Key, pid uint64, n int) int {
	h := fnv.New64a()
	h.Write([]byte(key))
	return rand.New(rand.NewPCG(h.Sum64(), pid)).IntN(n)
}
