package sim

import (
	"fmt"
	"strings"
)

// What a choice is about.
type what uint8

// The kinds of choices. Zero is no choice.
const (
	_           what = iota
	begin            // whether, when and on which key a client begins an operation, and which
	size             // of the value that is written
	delay            // of a message
	detour           // which servers are far away for a round, and how far
	duplicate        // whether a message arrives twice
	drop             // whether a request of an operation that ended still leaves
	reset            // whether a connection breaks before a reply has left
	death            // whether a client dies in an operation, and in which round
	survivor         // whether a request of a client that died has left
	faulty           // which servers the adversary has
	outage           // which server is down, when, for how long
	loss             // how much a server without power forgets
	partitioned      // which servers are cut off, when, for how long
	lie              // what an attacker does
	encoded          // whether all messages pass through the codec
	overdue          // when a round takes too long
)

var whatNames = [...]string{
	"", "begin", "size", "delay", "detour", "duplicate", "drop", "reset", "death", "survivor", "faulty", "outage", "loss",
	"partition", "lie", "wire",
	"overdue",
}

// A Choice names one decision of a schedule: what it is about, and for which client, operation, round and server.
// What it comes to is a function of the seed and of its name alone, so that it stays when other choices are muted.
type Choice uint64

// The fields of a Choice, in bits from the lowest: what, client, operation, round (at most protocols.MaxRounds), server,
// and a number more.
const (
	clientBit = 8
	seqBit    = 16
	roundBit  = 28
	serverBit = 32
	moreBit   = 40
)

// choose names a choice that belongs to no operation.
func choose(w what, server, more int) Choice {
	return Choice(w) | Choice(server)<<serverBit | Choice(more)<<moreBit
}

// chooseIn names a choice of one operation.
func chooseIn(w what, client, seq, round, server, more int) Choice {
	return choose(w, server, more) | Choice(client)<<clientBit | Choice(seq)<<seqBit | Choice(round)<<roundBit
}

func (c Choice) what() what { return what(c & 0xff) }

// String formats the choice as "delay of p2's #3, round 2, s4 (1)".
func (c Choice) String() string {
	part := func(bit, width int) int { return int(c>>bit) & (1<<width - 1) }
	var b strings.Builder
	b.WriteString(whatNames[c.what()])
	if client := part(clientBit, 8); client > 0 {
		fmt.Fprintf(&b, " of p%d's #%d", client, part(seqBit, 12))
	}
	if round := part(roundBit, 4); round > 0 {
		fmt.Fprintf(&b, ", round %d", round)
	}
	switch c.what() {
	case delay, duplicate, drop, reset, outage, loss, lie:
		fmt.Fprintf(&b, ", s%d", part(serverBit, 8)+1)
	}
	if more := part(moreBit, 24); more > 0 {
		fmt.Fprintf(&b, " (%d)", more)
	}
	return b.String()
}

// schedule decides all that a simulation leaves to chance.
type schedule struct {
	seed uint64
	only map[Choice]bool // if not nil: all other choices are muted
	made func(Choice)    // if not nil: is told of every choice
}

// draw is what the choice comes to: 64 random bits, or 0 if it is muted. By convention 0 is the calmest alternative: no
// operation, no delay, no fault, no lie.
func (s *schedule) draw(c Choice) uint64 {
	if s.only != nil && !s.only[c] {
		return 0
	}
	if s.made != nil {
		s.made(c)
	}
	return mix(mix(s.seed) + uint64(c))
}

// percent reports whether the choice falls into a share of all seeds.
func (s *schedule) percent(share int, c Choice) bool {
	return share > 0 && s.draw(c)%100 >= uint64(100-share)
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA'14): neighbours in, strangers out.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
