// Package model is the exact cost model: what one operation moves when no server fails. It is not asserted but counted,
// by a dry run of the automata that are measured, in memory, and by the codec and frames of the network. So it holds for
// every protocol, variant, t, value size, suite and key. It imports protocols, transport and result;
// harness/experiment and harness/study/load import it.
package model

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport"
)

// A Case is what an operation's cost depends on.
type Case struct {
	Protocol   protocols.Protocol
	Suite      string
	T          int
	Op         protocols.Op
	ValueBytes int
	KeyBytes   int    // length of the key
	PID        uint64 // of the client; 0 is 1
	Writes     int    // that the key has seen before: of a READ at least 1, or it finds the initial value
	Operation  uint64 // its number on its connection, from 1, which every frame carries; 0 is 1
	TLS        bool   // it carries the frames
	Prompt     bool   // servers hear from each other before the next one has the client's request, see play.Case
}

// A Cost is what one operation moves.
type Cost struct {
	Servers int
	Rounds  []Round
}

// A Round is what one round moves: by server, and framing included; and all that servers send each other because of it.
type Round struct {
	Requests, Replies []Message
	Between           Message
}

// A Message is one request or reply, zero if there is none.
type Message struct {
	Bytes   int // of its frame, prefix, header and payload, and of the records of TLS around it, if there are any
	Payload int // of them: values and fragments
}

// Count counts the case.
func Count(c Case) (Cost, error) {
	mem := arenas.Get().(*arena)
	defer arenas.Put(mem)
	said, err := dryRun(c, mem)
	if err != nil {
		return Cost{}, err
	}
	return newCost(c, said)
}

// dryRun plays the case in mem.
func dryRun(c Case, mem *arena) (play.Transcript, error) {
	s, err := protocols.SuiteFor(c.Protocol, c.Suite)
	if err != nil {
		return nil, err
	}
	mem.used = 0
	said, err := play.DryRun(play.Case{
		Protocol: c.Protocol, Suite: suite.Weightless(s), T: c.T, Op: c.Op, ValueBytes: c.ValueBytes, Key: c.key(),
		PID: max(c.PID, 1), Writes: c.Writes, Prompt: c.Prompt,
	}, mem)
	if err != nil {
		return nil, fmt.Errorf("dry run: %w", err)
	}
	return said, nil
}

// key is a key of the case's length.
func (c Case) key() protocols.Key { return protocols.Key(strings.Repeat("k", c.KeyBytes)) }

// newCost measures what was said.
func newCost(c Case, said play.Transcript) (Cost, error) {
	cost := Cost{Servers: c.Protocol.Traits(c.T).Servers}
	number, key := max(c.Operation, 1), c.key()
	for i, leg := range said {
		requests, err := sizes(leg.Requests, func(m protocols.Message) (int, error) {
			return transport.RequestBytes(c.TLS, number, i+1, key, m)
		})
		if err != nil {
			return Cost{}, err
		}
		replies, err := sizes(leg.Replies, func(m protocols.Message) (int, error) {
			return transport.ReplyBytes(c.TLS, number, i+1, m)
		})
		if err != nil {
			return Cost{}, err
		}
		between, err := sizes(leg.Between, func(m protocols.Message) (int, error) { return transport.PostBytes(c.TLS, number, key, m) })
		if err != nil {
			return Cost{}, err
		}
		round := Round{Requests: requests, Replies: replies}
		for _, m := range between {
			round.Between.Bytes += m.Bytes
			round.Between.Payload += m.Payload
		}
		cost.Rounds = append(cost.Rounds, round)
	}
	return cost, nil
}

// sizes are those of one message for each server.
func sizes(all []protocols.Message, bytes func(protocols.Message) (int, error)) ([]Message, error) {
	out := make([]Message, len(all))
	for i, m := range all {
		if m.Body == nil {
			continue
		}
		n, err := bytes(m)
		if err != nil {
			return nil, err
		}
		out[i] = Message{Bytes: n, Payload: len(m.Payload)}
	}
	return out, nil
}

// checked is the length of the values that Check compares with: far above what padding adds to a fragment.
const checked = 1 << 16

// Check says where a protocol's Traits contradict its automata, for an operation without faults: in the number of rounds, or
// in what a round moves of the value, up to two bytes of padding a server.
func Check(p protocols.Protocol, suiteName string, t int, op protocols.Op) error {
	is := p.Traits(t)
	cost, err := Count(Case{Protocol: p, Suite: suiteName, T: t, Op: op, ValueBytes: checked, Writes: 1})
	if err != nil {
		return err
	}
	legs := is.Legs(op)
	if len(cost.Rounds) != len(legs) {
		return fmt.Errorf("%s, t = %d: Traits has %d rounds for a %s, its automata take %d: correct Traits",
			is.System(), t, len(legs), op, len(cost.Rounds))
	}
	for i, r := range cost.Rounds {
		moved, all := Cost{Rounds: []Round{r}}.Payload(), float64(is.Servers*checked)
		padding := func(moved int64, leg float64) bool {
			off := float64(moved) - all*leg
			return off > -1e-6*all && off <= float64(2*is.Servers)
		}
		if between := float64(r.Between.Payload); between < all*legs[i].Between*(1-1e-6) ||
			between > all*legs[i].Between+float64(4*is.Servers*is.Servers) {
			return fmt.Errorf("%s, t = %d: in round %d of a %s servers move %.3f values between them, Traits says %.3f: correct Traits",
				is.System(), t, i+1, op, between/float64(checked), float64(is.Servers)*legs[i].Between)
		}
		if !padding(moved.ClientToServer, legs[i].Request) || !padding(moved.ServerToClient, legs[i].Reply) {
			f := moved.Over(all)
			return fmt.Errorf("%s, t = %d: round %d of a %s moves %.3f values to and %.3f from each server, Traits says %.3f and "+
				"%.3f: correct Traits", is.System(), t, i+1, op, f.ClientToServer, f.ServerToClient, legs[i].Request, legs[i].Reply)
		}
	}
	return nil
}

// Mean is the bytes of one of the operations that a connection numbers from … to−1, on average: a number takes more
// bytes the larger it is.
func Mean(c Case, from, to uint64) (mean result.TrafficFactor, err error) {
	from = max(from, 1)
	to = max(to, from+1)
	for at := from; at < to; {
		next := min(to, longer(at))
		c.Operation = at
		cost, err := Count(c)
		if err != nil {
			return mean, err
		}
		f := cost.Bytes().Over(float64(to-from) / float64(next-at))
		mean.ClientToServer += f.ClientToServer
		mean.ServerToClient += f.ServerToClient
		at = next
	}
	return mean, nil
}

// longer is the first operation after the one of that number whose requests' ids take more bytes.
func longer(number uint64) uint64 {
	for _, id := range []uint64{1 << 7, 1 << 8, 1 << 16, 1 << 32} {
		if first := (id + protocols.MaxRounds) / (protocols.MaxRounds + 1); number < first {
			return first
		}
	}
	return math.MaxUint64
}

// Many WRITEs to a key take its timestamps' numbers to two bytes. What a byte more costs does not depend on the value.
const (
	manyWrites = 1 << 7
	anyValue   = 64
)

// PerTimestampByte is how much more the operation moves if the numbers of its timestamps are a byte longer, because its key
// has seen many WRITEs.
func PerTimestampByte(c Case) (result.TrafficFactor, error) {
	c.ValueBytes, c.Writes = anyValue, 1
	short, err := Count(c)
	if err != nil {
		return result.TrafficFactor{}, err
	}
	c.Writes = manyWrites
	long, err := Count(c)
	return long.Bytes().Since(short.Bytes()).Over(1), err
}

// NumberBytes is how many bytes a number takes in a message.
func NumberBytes(n uint64) int {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<8:
		return 2
	case n < 1<<16:
		return 3
	case n < 1<<32:
		return 5
	}
	return 9
}

// sum adds up what of tells of the operation's messages, by direction.
func (c Cost) sum(of func(Message) int) (t result.Traffic) {
	for _, r := range c.Rounds {
		for i := range r.Requests {
			t.ClientToServer += int64(of(r.Requests[i]))
			t.ServerToClient += int64(of(r.Replies[i]))
		}
	}
	return t
}

// Bytes is the bytes of all frames.
func (c Cost) Bytes() result.Traffic { return c.sum(func(m Message) int { return m.Bytes }) }

// Payload is the bytes of values and fragments alone, which the paper counts (§6.3).
func (c Cost) Payload() result.Traffic { return c.sum(func(m Message) int { return m.Payload }) }

// Between is what servers send each other, receipts included: the most, or of a case that is Prompt the least, for servers
// that have heard enough from others before they have the client's request say two things at once.
func (c Cost) Between() (sum Message) {
	for _, r := range c.Rounds {
		sum.Bytes += r.Between.Bytes
		sum.Payload += r.Between.Payload
	}
	return sum
}

// Messages is the number of messages between clients and servers.
func (c Cost) Messages() result.Traffic { return c.sum(func(m Message) int { return min(m.Bytes, 1) }) }

// Kinds counts the rounds that move data, in either direction, and those that do not.
func (c Cost) Kinds() (r result.Rounds) {
	for _, round := range c.Rounds {
		if (Cost{Rounds: []Round{round}}).Payload() != (result.Traffic{}) {
			r.Data++
		} else {
			r.Metadata++
		}
	}
	return r
}

// arena is memory for one dry run at a time.
type arena struct {
	block []byte
	used  int
}

var arenas = sync.Pool{New: func() any { return new(arena) }}

// Bytes implements protocols.Memory.
func (a *arena) Bytes(n int) []byte {
	if a.used+n > len(a.block) {
		a.block, a.used = make([]byte, max(n, 2*len(a.block), 1<<20)), 0
	}
	b := a.block[a.used : a.used+n : a.used+n]
	a.used += n
	return b
}
