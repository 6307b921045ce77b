package byzantine

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/protocols/powerstore"
	"github.com/powbench/powbench/protocols/suite"
)

// hostile is a register whose READs are attacks: they ask the servers what they hold and then send what the attack
// makes of it.
type hostile struct {
	protocols.Register
	Part
	// craft is the attack's requests to a server, in place of the second round's.
	craft func(h *hostile, key protocols.Key, server int) protocols.Message
	// known is what the servers told, the newest last.
	known []candidate
	data  []datum
}

// datum is what a Phalanx server told of a key.
type datum struct {
	key protocols.Key
	phalanx.Put
	value []byte
}

// Read begins an attack.
func (h *hostile) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return &assault{Operation: h.Register.Read(key, mem), hostile: h, key: key}
}

// assault is a READ whose second round is the attack. It ends as soon as that has left.
type assault struct {
	protocols.Operation
	*hostile
	key     protocols.Key
	replies int
}

// Answer implements protocols.Operation: after a quorum's replies, which it learns from, it attacks.
func (a *assault) Answer(_, _ int, reply protocols.Message) protocols.Step {
	a.learn(a.key, reply)
	if a.replies++; a.replies < a.Protocol.Traits(a.T).Quorum {
		return protocols.Wait()
	}
	requests := make(protocols.Broadcast, a.Protocol.Traits(a.T).Servers)
	for i := range requests {
		requests[i] = a.craft(a.hostile, a.key, i)
	}
	return protocols.Step{Next: requests, Done: true}
}

// Result implements protocols.Operation: an attack returns nothing.
func (a *assault) Result() (protocols.Result, error) { return protocols.Result{Bottom: true}, nil }

func (h *hostile) learn(key protocols.Key, reply protocols.Message) {
	switch m := reply.Body.(type) {
	case *mpowerstore.CollectAck:
		if !m.Candidate.TS.IsZero() {
			h.known = append(h.known, candidate{key, m.Candidate})
		}
	case *powerstore.CollectAck:
		for _, c := range m.Candidates {
			if !c.TS.IsZero() {
				h.known = append(h.known, candidate{key, multi(c)})
			}
		}
	case *phalanx.GetAck:
		h.data = append(h.data, datum{key, phalanx.Put{TS: m.TS, Signature: m.Signature}, append([]byte{}, reply.Payload...)})
	}
	h.known = h.known[max(0, len(h.known)-lootSize):]
	h.data = h.data[max(0, len(h.data)-lootSize):]
}

// attacking makes an attack of what its second round sends.
func attacking(requests func(h *hostile, key protocols.Key, server int) protocols.Message) func(
	Part, protocols.Register) protocols.Register {
	return func(p Part, r protocols.Register) protocols.Register {
		return &hostile{Register: r, Part: p, craft: requests}
	}
}

// invented is a candidate that no writer issued, each time another.
func (h *hostile) invented() mpowerstore.Candidate {
	var seed [16]byte
	binary.BigEndian.PutUint64(seed[:], uint64(h.Dice.Roll(1<<30)))
	junk := sha256.Sum256(seed[:])
	size := h.Suite.HashSize()
	return h.shapely(mpowerstore.Candidate{
		TS:    mpowerstore.TS{Timestamp: protocols.Timestamp{Num: ahead + uint64(h.Dice.Roll(1<<20)), PID: 1}, MAC: junk[:size]},
		Nonce: junk[:],
	})
}

// flood has the servers filter as many invented candidates as they let pass (R1).
func flood(h *hostile, _ protocols.Key, _ int) protocols.Message {
	if h.Protocol.Traits(1).Writers == protocols.One {
		return h.filterInvented(2 * h.Protocol.Traits(h.T).Servers) // any number would pass
	}
	return h.filterInvented(h.Protocol.Traits(h.T).Servers)
}

// overflow has them filter more than any of the variants allows (R6).
func overflow(h *hostile, _ protocols.Key, _ int) protocols.Message {
	return h.filterInvented(2*h.Protocol.Traits(h.T).Servers + 1)
}

func (h *hostile) filterInvented(n int) protocols.Message {
	candidates := make([]mpowerstore.Candidate, n)
	for i := range candidates {
		candidates[i] = h.invented()
	}
	return h.filter(candidates...)
}

// early writes the newest candidate that any server reported back to some servers only, be it complete or not, and at
// times with another MAC of its timestamp (R3).
func early(h *hostile, key protocols.Key, _ int) protocols.Message {
	c, ok := h.newest(key, true)
	if !ok || h.Dice.Roll(2) == 0 {
		return protocols.Message{}
	}
	if h.Dice.Roll(2) == 1 {
		c.TS.MAC = flipped(c.TS.MAC)
	}
	return h.writeBack(c)
}

// newest is the newest candidate known of the key or, if same is false, of another one.
func (h *hostile) newest(key protocols.Key, same bool) (newest mpowerstore.Candidate, found bool) {
	for _, c := range h.known {
		if (c.key == key) == same && !c.TS.Less(newest.TS.Timestamp) {
			newest, found = c.Candidate, true
		}
	}
	return newest, found
}

// crossKey writes back under one key what is valid under another (R4).
func crossKey(h *hostile, key protocols.Key, _ int) protocols.Message {
	if c, ok := h.newest(key, false); ok {
		return h.filter(c)
	}
	for _, d := range h.data {
		if d.key != key && !d.TS.IsZero() {
			return protocols.Message{Body: &d.Put, Payload: d.value}
		}
	}
	return protocols.Message{}
}

// personal writes back to each server a candidate whose vector only this server accepts (R5).
func personal(h *hostile, key protocols.Key, server int) protocols.Message {
	c, ok := h.newest(key, true)
	if !ok {
		return protocols.Message{}
	}
	c.Vec = spoilt(c.Vec, server)
	return protocols.Message{Body: &mpowerstore.Repair{Candidate: c}}
}

// forging is a reader that writes, with keys that it made itself (R2).
type forging struct {
	protocols.Register
	writer protocols.Register
	writes uint64
}

func forge(p Part, r protocols.Register) protocols.Register {
	entropy := rand.NewChaCha8([32]byte([]byte("a reader's idea of a writer's key")[:32]))
	_, keys, _, err := suite.GenerateKeys(p.Suite, p.Protocol.Traits(p.T).Servers, entropy)
	if err != nil {
		return r // it cannot be: this source of randomness does not fail
	}
	return &forging{Register: r, writer: p.Protocol.NewRegister(protocols.ClientParams{
		T: p.T, PID: ahead, Suite: p.Suite, Keys: keys, Entropy: entropy,
	})}
}

// Read begins a WRITE of what is no writer's value.
func (f *forging) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	f.writes++
	return f.writer.Write(key, binary.BigEndian.AppendUint64([]byte("forged"), f.writes), mem)
}
