package byzantine

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/powbench/powbench/protocols"
)

// lootSize bounds what attackers remember.
const lootSize = 32

// Loot is the requests that attacking servers have seen, of any key, and what a writer left to an accomplice. It is safe for
// concurrent use.
type Loot struct {
	mu      sync.Mutex
	seen    []protocols.Body
	left    map[protocols.Key][]protocols.Broadcast // the oldest first
	handed  map[protocols.Key][]protocols.Broadcast // of these, those that servers are to complete
	revoked bool                                    // the key of that writer
	// accomplices are servers, by index.
	accomplices []int
}

// take remembers a request's body, which is never changed after it was sent.
func (l *Loot) take(body protocols.Body) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) == lootSize {
		l.seen = slices.Delete(l.seen, 0, 1)
	}
	l.seen = append(l.seen, body)
}

// All returns what was seen, oldest first.
func (l *Loot) All() []protocols.Body {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.seen)
}

// hostile makes a client attack as the playbook says.
func hostile(id string) func(Part, protocols.Register) protocols.Register {
	return func(p Part, r protocols.Register) protocols.Register {
		if attack := p.book.Readers[id]; attack != nil {
			return attack(p, r)
		}
		return r
	}
}

// A Find is something that a server told of a key, such as a candidate or a value, under a timestamp.
type Find[C any] struct {
	Key  protocols.Key
	TS   protocols.Timestamp
	What C
}

// A Hostile is a register whose READs are attacks: they ask the servers what they hold, and then send what the attack
// makes of it.
type Hostile[C any] struct {
	protocols.Register
	Part
	Known []Find[C] // what servers told so far, of any key, the newest last
	learn func(reply protocols.Message) []Find[C]
	craft Craft[C]
}

// A Craft is the attack's request to a server, in place of the second round's.
type Craft[C any] func(h *Hostile[C], key protocols.Key, server int) protocols.Message

// Attacking makes an attack of its requests. Learn takes from a reply what it tells; the keys are filled in.
func Attacking[C any](learn func(protocols.Message) []Find[C], craft Craft[C]) func(
	Part, protocols.Register) protocols.Register {
	return func(p Part, r protocols.Register) protocols.Register {
		return &Hostile[C]{Register: r, Part: p, learn: learn, craft: craft}
	}
}

// Newest returns the newest find of the key or, if same is false, of any other key.
func (h *Hostile[C]) Newest(key protocols.Key, same bool) (newest C, found bool) {
	var ts protocols.Timestamp
	for _, f := range h.Known {
		if (f.Key == key) == same && !f.TS.Less(ts) {
			newest, ts, found = f.What, f.TS, true
		}
	}
	return newest, found
}

// Invented returns a timestamp that no writer issued, and bytes to go with it, different ones each time.
func (p Part) Invented() (protocols.Timestamp, []byte) {
	var seed [16]byte
	binary.BigEndian.PutUint64(seed[:], uint64(p.Dice.Roll(1<<30)))
	junk := sha256.Sum256(seed[:])
	return protocols.Timestamp{Num: Ahead + uint64(p.Dice.Roll(1<<20)), PID: 1}, junk[:]
}

// Read begins an attack.
func (h *Hostile[C]) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return &assault[C]{Operation: h.Register.Read(key, mem), Hostile: h, key: key}
}

// assault is a READ whose second round is the attack. It ends as soon as that has left.
type assault[C any] struct {
	protocols.Operation
	*Hostile[C]
	key     protocols.Key
	replies int
}

// Answer implements protocols.Operation: after a quorum's replies, which it learns from, it attacks.
func (a *assault[C]) Answer(_, _ int, reply protocols.Message) protocols.Step {
	for _, f := range a.learn(reply) {
		f.Key = a.key
		a.Known = append(a.Known, f)
	}
	a.Known = a.Known[max(0, len(a.Known)-lootSize):]
	if a.replies++; a.replies < a.traits.Quorum {
		return protocols.Wait()
	}
	requests := make(protocols.Broadcast, a.Servers())
	for i := range requests {
		requests[i] = a.craft(a.Hostile, a.key, i)
	}
	return protocols.Step{Next: requests, Done: true}
}

// Result implements protocols.Operation: an attack returns nothing.
func (a *assault[C]) Result() (protocols.Result, error) { return protocols.Result{Bottom: true}, nil }

// forging is a reader that writes, with keys that it made itself (R2).
type forging struct {
	protocols.Register
	writer protocols.Register
	writes uint64
}

func forge(p Part, r protocols.Register) protocols.Register {
	entropy := rand.NewChaCha8([32]byte([]byte("a reader's idea of a writer's key")[:32]))
	_, keys, _, err := protocols.GenerateKeys(p.Protocol, p.T, p.Suite, entropy)
	if err != nil {
		return r // it cannot be: this source of randomness does not fail
	}
	return &forging{Register: r, writer: protocols.Incarnate(p.Protocol, protocols.ClientParams{
		T: p.T, PID: Ahead, Suite: p.Suite, Keys: keys, Entropy: entropy,
	})}
}

// Read begins a WRITE of what is no writer's value.
func (f *forging) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	f.writes++
	return f.writer.Write(key, binary.BigEndian.AppendUint64([]byte("forged"), f.writes), mem)
}
