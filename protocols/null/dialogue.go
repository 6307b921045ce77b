package null

import (
	"cmp"
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/wire"
)

// usualBytes is the length of the value for which a READ, and what servers reply, are learned. Bodies depend on it by a
// few bytes at most, where they hold the length; and those for any longer value are as long.
const usualBytes = 64 << 10

// A dialogue is what one operation of the namesake says when all servers answer.
type dialogue struct {
	legs []leg
	err  error // why it could not be learned
}

// A leg is one round's messages, by server.
type leg struct{ requests, replies []blank }

// A blank stands for a message of the namesake.
type blank struct {
	body  protocols.Body // as long as the namesake's
	share float64        // of the value that the payload is as long as
}

// of is the blank's payload, a part of the value.
func (b blank) of(value []byte) []byte {
	return value[:min(len(value), int(b.share*float64(len(value))+0.5))]
}

// A lesson is what the dialogue depends on.
type lesson struct {
	t          int
	pid        uint64
	op         protocols.Op
	valueBytes int
	suite      string
}

// samePID is the smallest process id that is as long in msgpack.
func samePID(pid uint64) uint64 {
	for _, first := range []uint64{1 << 32, 1 << 16, 1 << 8, 1 << 7} {
		if pid >= first {
			return first
		}
	}
	return 1
}

// learn plays the namesake's operation, once for each lesson, without the cost of its cryptography.
func (p Protocol) learn(s suite.Suite, l lesson) dialogue {
	l.suite = s.Name()
	if d, known := p.known.Load(l); known {
		return d.(dialogue)
	}
	said, err := play.DryRun(play.Case{
		Protocol: p.namesake, Suite: suite.Weightless(s), T: l.t, Op: l.op, ValueBytes: l.valueBytes, PID: l.pid, Writes: 1,
	}, protocols.Heap{})
	d := newDialogue(said, l)
	if err != nil {
		d.err = fmt.Errorf("learn the %s of %s: %w", l.op, protocols.NameOf(p.namesake), err)
	}
	p.known.Store(l, d)
	return d
}

// newDialogue puts blanks in place of what was said.
func newDialogue(said play.Transcript, l lesson) (d dialogue) {
	for i, round := range said {
		requests, err := blanks(round.Requests, place{l.op, i + 1, false}, l.valueBytes)
		replies, wrong := blanks(round.Replies, place{l.op, i + 1, true}, l.valueBytes)
		d.legs, d.err = append(d.legs, leg{requests, replies}), cmp.Or(d.err, err, wrong)
	}
	return d
}

// blanks stand for the messages, which all have a body.
func blanks(messages []protocols.Message, p place, valueBytes int) ([]blank, error) {
	all := make([]blank, len(messages))
	for i, m := range messages {
		body, err := wire.Marshal(nil, m.Body)
		if err != nil {
			return nil, err
		}
		all[i] = blank{newBody(p, len(body)), float64(len(m.Payload)) / float64(max(valueBytes, 1))}
	}
	return all, nil
}
