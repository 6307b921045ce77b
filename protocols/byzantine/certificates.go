package byzantine

import (
	"reflect"
	"slices"

	"github.com/powbench/powbench/protocols"
)

// uncertain is the ID of the attack by certificates that are old or forged.
const uncertain = "Z6"

// A swindler is a writer that in every other WRITE tells itself what it was told before of the key, and shows servers certificates of
// other requests, and forged ones (Z6). What it sends in the others is honest, so that it has certificates to show again. What
// it was told of other keys it leaves alone: with a timestamp of theirs it would skip some, which is another attack (Z3).
type swindler struct {
	Part
	register protocols.Register
	requests []protocols.Body // that it has sent or would have, of all keys; the newest last
	replies  map[protocols.Key][]protocols.Message
}

func swindling(p Part, fresh Fresh) Liar {
	return &swindler{Part: p, register: fresh(protocols.Timestamp{}), replies: map[protocols.Key][]protocols.Message{}}
}

// Lie implements Liar.
func (s *swindler) Lie(key protocols.Key, one, _ []byte, mem protocols.Memory) protocols.Operation {
	return &swindle{Operation: s.register.Write(key, one, mem), swindler: s, key: key, honest: s.Dice.Roll(2) == 0}
}

// swindle is a WRITE of a swindler.
type swindle struct {
	protocols.Operation
	*swindler
	key    protocols.Key
	honest bool
}

// Start implements protocols.Operation.
func (s *swindle) Start() protocols.Broadcast { return s.shown(s.Operation.Start()) }

// Answer implements protocols.Operation.
func (s *swindle) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := s.Operation.Answer(round, server, s.told(reply))
	step.Next = s.shown(step.Next)
	return step
}

// Result implements protocols.Operation: an attack returns nothing.
func (s *swindle) Result() (protocols.Result, error) { return protocols.Result{}, nil }

// told is the reply, or an earlier one of its kind.
func (s *swindle) told(reply protocols.Message) protocols.Message {
	if reply.Body == nil {
		return reply
	}
	s.replies[s.key] = remember(s.replies[s.key], reply)
	if s.honest || s.Dice.Roll(4) < 3 {
		return reply
	}
	same := slices.DeleteFunc(slices.Clone(s.replies[s.key]), func(m protocols.Message) bool { return m.Body.Kind() != reply.Body.Kind() })
	return same[s.Dice.Roll(len(same))]
}

// shown is the round's requests, most of them with a certificate that is not theirs.
func (s *swindle) shown(b protocols.Broadcast) protocols.Broadcast {
	if b == nil {
		return nil
	}
	all := slices.Clone(b)
	for server, m := range b {
		if m.Body == nil {
			continue
		}
		s.requests = remember(s.requests, m.Body)
		if !s.honest && s.Dice.Roll(3) > 0 {
			all[server].Body = s.book.Certificate(m.Body, s.other(m.Body))
		}
	}
	return all
}

// other is a request of the same kind: an earlier one, or the same with something changed.
func (s *swindle) other(body protocols.Body) protocols.Body {
	same := slices.DeleteFunc(slices.Clone(s.requests), func(o protocols.Body) bool { return o.Kind() != body.Kind() })
	if s.Dice.Roll(2) == 0 {
		return same[s.Dice.Roll(len(same))]
	}
	changed := s.copied(body)
	for range 4 {
		s.flip(reflect.ValueOf(changed))
	}
	return changed
}

// remember appends to what is known, of which it forgets the oldest.
func remember[T any](known []T, next T) []T {
	known = append(known, next)
	return known[max(0, len(known)-lootSize):]
}
