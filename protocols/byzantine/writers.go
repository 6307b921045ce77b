package byzantine

import (
	"math"
	"slices"

	"github.com/powbench/powbench/protocols"
)

// Fresh makes a register with the keys and the process id of a client that lies, as if it had issued no timestamp but that
// one and those before it.
type Fresh func(after protocols.Timestamp) protocols.Register

// NewFresh is the Fresh of a client with those parameters.
func NewFresh(p protocols.Protocol, c protocols.ClientParams) Fresh {
	return func(after protocols.Timestamp) protocols.Register {
		own := c
		own.After, own.Issued = after, issuedAfter{protocols.Remembered{}, after.Num}
		return protocols.Incarnate(p, own)
	}
}

// issuedAfter is Issued of a writer that has issued so many timestamps of every key.
type issuedAfter struct {
	protocols.Remembered
	first uint64
}

// Last implements protocols.Issued.
func (i issuedAfter) Last(key protocols.Key) (uint64, error) {
	return max(i.first, i.Remembered[key]), nil
}

// A Liar is a writer that lies.
type Liar interface {
	// Lie begins an attack on the key, in place of a WRITE of one value or of the other: READs may return either.
	Lie(key protocols.Key, one, two []byte, mem protocols.Memory) protocols.Operation
}

// A liarFunc is a Liar.
type liarFunc func(key protocols.Key, one, two []byte, mem protocols.Memory) protocols.Operation

// Lie implements Liar.
func (f liarFunc) Lie(key protocols.Key, one, two []byte, mem protocols.Memory) protocols.Operation {
	return f(key, one, two, mem)
}

// poisonous is the ID of the attack that stores fragments of no value.
const poisonous = "Z1"

// poisoning stores fragments of two values under a cross-checksum that fits them (Z1).
func poisoning(p Part, fresh Fresh) Liar { return twofold(p, fresh, p.book.Poison) }

// Mixed makes a Playbook's Poison where a body of type P has the hashes of all fragments: those of odd servers become the
// second value's. Every fragment fits its hash, so that no server can tell.
func Mixed[P interface {
	*B
	protocols.Body
}, B any](hashes func(P) *[][]byte) func(one, two protocols.Broadcast) protocols.Broadcast {
	return func(one, two protocols.Broadcast) protocols.Broadcast {
		mixed := slices.Clone(one)
		for i := range one {
			first, ok := one[i].Body.(P)
			second, both := two[i].Body.(P)
			if !ok || !both || len(*hashes(first)) != len(one) {
				continue
			}
			m := *first
			body := P(&m)
			*hashes(body) = slices.Clone(*hashes(first))
			for j := 1; j < len(one); j += 2 {
				(*hashes(body))[j] = (*hashes(second))[j]
			}
			if mixed[i].Body = body; i%2 == 1 {
				mixed[i].Payload = two[i].Payload
			}
		}
		return mixed
	}
}

// equivocator stores one value at some servers and another at the others, under the same timestamp (Z2).
func equivocator(p Part, fresh Fresh) Liar { return twofold(p, fresh, nil) }

// twofold is a liar whose WRITEs are two honest ones that share their timestamp, as neither knows of the other.
func twofold(p Part, fresh Fresh, poison func(one, two protocols.Broadcast) protocols.Broadcast) Liar {
	registers := [2]protocols.Register{fresh(protocols.Timestamp{}), fresh(protocols.Timestamp{})}
	return liarFunc(func(key protocols.Key, one, two []byte, mem protocols.Memory) protocols.Operation {
		t := &twins{poison: poison, second: make([]bool, p.Servers())}
		t.halves[0], t.halves[1] = registers[0].Write(key, one, mem), registers[1].Write(key, two, mem)
		for i := range t.second {
			t.second[i] = p.Dice.Roll(2) == 1
		}
		return t
	})
}

// twins are two WRITEs in one: each server hears of one of them, and both hear of all replies.
type twins struct {
	halves [2]protocols.Operation
	ended  [2]bool
	second []bool // servers that hear of the second one
	poison func(one, two protocols.Broadcast) protocols.Broadcast
}

// Start implements protocols.Operation.
func (t *twins) Start() protocols.Broadcast { return t.merge(t.halves[0].Start(), t.halves[1].Start()) }

// Answer implements protocols.Operation.
func (t *twins) Answer(round, server int, reply protocols.Message) protocols.Step {
	var steps [2]protocols.Step
	for i, half := range t.halves {
		if !t.ended[i] {
			steps[i] = half.Answer(round, server, reply)
			t.ended[i] = steps[i].Done
		}
	}
	return protocols.Step{
		Next: t.merge(steps[0].Next, steps[1].Next), More: t.merge(steps[0].More, steps[1].More), Done: t.ended[0] && t.ended[1],
	}
}

// merge is the round's requests: both halves', or those of the one that goes on.
func (t *twins) merge(one, two protocols.Broadcast) protocols.Broadcast {
	switch {
	case one == nil:
		return two
	case two == nil:
		return one
	case t.poison != nil:
		return t.poison(one, two)
	}
	merged := make(protocols.Broadcast, len(one))
	for i := range merged {
		if merged[i] = one[i]; t.second[i] {
			merged[i] = two[i]
		}
	}
	return merged
}

// Result implements protocols.Operation: an attack returns nothing.
func (t *twins) Result() (protocols.Result, error) { return protocols.Result{}, nil }

// room is how many timestamps a liar that skips leaves to others.
const room = 2

// skipping writes under the last timestamps there are, so that others cannot write (Z3).
func skipping(_ Part, fresh Fresh) Liar {
	register := fresh(protocols.Timestamp{Num: math.MaxUint64 - 1 - room})
	return liarFunc(func(key protocols.Key, one, _ []byte, mem protocols.Memory) protocols.Operation {
		return register.Write(key, one, mem)
	})
}

// partial leaves out servers in every round: a WRITE that misses a quorum ends there (Z5).
func partial(p Part, fresh Fresh) Liar {
	register := fresh(protocols.Timestamp{})
	return liarFunc(func(key protocols.Key, one, _ []byte, mem protocols.Memory) protocols.Operation {
		return &sparse{Operation: register.Write(key, one, mem), Part: p}
	})
}

// sparse is a WRITE that reaches few servers.
type sparse struct {
	protocols.Operation
	Part
}

// Start implements protocols.Operation.
func (s *sparse) Start() protocols.Broadcast { return s.thinned(s.Operation.Start()) }

// Answer implements protocols.Operation.
func (s *sparse) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := s.Operation.Answer(round, server, reply)
	step.Next = s.thinned(step.Next)
	return step
}

// thinned leaves some servers out, now and then more than may fail.
func (s *sparse) thinned(b protocols.Broadcast) protocols.Broadcast {
	for range s.Dice.Roll(s.T + 2) {
		b = without(b, s.Dice.Roll(s.Servers()))
	}
	return b
}

// without is the broadcast without a server.
func without(b protocols.Broadcast, server int) protocols.Broadcast {
	if b == nil {
		return nil
	}
	few := slices.Clone(b)
	few[server] = protocols.Message{}
	return few
}
