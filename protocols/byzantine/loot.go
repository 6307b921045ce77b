package byzantine

import (
	"slices"
	"sync"

	"github.com/powbench/powbench/protocols"
)

// lootSize bounds what attackers remember.
const lootSize = 32

// Loot is the requests that attackers have seen, of any key. It is safe for concurrent use.
type Loot struct {
	mu   sync.Mutex
	seen []seen
}

type seen struct {
	key  protocols.Key
	body protocols.Body
}

// take remembers a request's body, which is never changed after it was sent.
func (l *Loot) take(key protocols.Key, body protocols.Body) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) == lootSize {
		l.seen = slices.Delete(l.seen, 0, 1)
	}
	l.seen = append(l.seen, seen{key, body})
}

// all is what was seen, oldest first.
func (l *Loot) all() []seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.seen)
}
