package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// A Choice names one decision of a schedule: what it is about, and for which client, operation, round and server. What
// it comes to depends on its name alone, so that it stays when other choices are muted. Its bits, from the lowest: 8 for
// what, 8 for the client, 12 for its operation, 4 for the round, 8 for the server, 17 for a number more; then 1 that
// tells whether it is one of several decisions alike, and 6 for its part.
type Choice uint64

// The fields of a Choice, by their first bits.
const (
	clientBit = 8
	seqBit    = 16
	roundBit  = 28
	serverBit = 32
	moreBit   = 40
	eachBit   = 57
	partBit   = 58
)

const _ = uint(1<<(serverBit-roundBit) - 1 - protocols.MaxRounds) // rounds have room

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
	between          // when a message of a server to another arrives, and whether it does so twice
)

var whatNames = [...]string{
	"", "begin", "size", "delay", "detour", "duplicate", "drop", "reset", "death", "survivor", "faulty", "outage", "loss",
	"partition", "lie", "wire", "overdue", "message between servers",
}

// choose names a choice that belongs to no operation.
func choose(w what, server, more int) Choice {
	return Choice(w) | Choice(server)<<serverBit | Choice(more)<<moreBit&(1<<eachBit-1)
}

// chooseIn names a choice of one operation.
func chooseIn(w what, client, seq, round, server, more int) Choice {
	return choose(w, server, more) | Choice(client)<<clientBit | Choice(seq)<<seqBit | Choice(round)<<roundBit
}

// part names a further part of the choice, such as when, once it is decided whether. Parts have names of their own, but
// are muted together. The number tells them apart, from 0 to 63: a Seeded chooser decides with the bits above it.
func (c Choice) part(n int) Choice { return c | Choice(n)<<partBit }

// each names one of several decisions alike that the choice is made of, by server. They too are muted together.
func (c Choice) each(server int) Choice { return c | 1<<eachBit | Choice(server)<<serverBit }

// whole is the choice of which c is a part.
func (c Choice) whole() Choice {
	if c>>eachBit&1 == 1 {
		c &^= 0xff << serverBit
	}
	return c & (1<<eachBit - 1)
}

func (c Choice) what() what { return what(c & 0xff) }

// String formats the choice as "delay of p2's #3, round 2, s4 (1)".
func (c Choice) String() string {
	field := func(bit, width int) int { return int(c>>bit) & (1<<width - 1) }
	var b strings.Builder
	b.WriteString(whatNames[c.what()])
	if client := field(clientBit, 8); client > 0 {
		fmt.Fprintf(&b, " of p%d's #%d", client, field(seqBit, 12))
	}
	if round := field(roundBit, 4); round > 0 {
		fmt.Fprintf(&b, ", round %d", round)
	}
	switch c.what() {
	case delay, duplicate, drop, reset, outage, loss, lie:
		fmt.Fprintf(&b, ", s%d", field(serverBit, 8)+1)
	}
	if c.what() == between {
		from, n := field(moreBit, eachBit-moreBit)%maxServers, field(moreBit, eachBit-moreBit)/maxServers
		fmt.Fprintf(&b, ", s%d → s%d (%d)", from+1, field(serverBit, 8)+1, n)
		return b.String()
	}
	if more := field(moreBit, eachBit-moreBit); more > 0 {
		fmt.Fprintf(&b, " (%d)", more)
	}
	return b.String()
}

// A Chooser decides all that a simulation leaves to chance. Each decision has a bound, so that a chooser may also try all
// there are. The calmest alternative of each is no operation, no delay, no fault, no lie.
type Chooser interface {
	// Choose picks one of n alternatives, in [0, n). The calmest is 0.
	Choose(c Choice, n int) int
	// Chance decides whether something happens that happens in so many percent of schedules. The calmest is that it does
	// not; at 100 percent only a chooser that mutes the choice decides so.
	Chance(c Choice, percent int) bool
	// Order puts the numbers below n into an order. The calmest is their own.
	Order(c Choice, n int) []int
}

// Seeded decides at random, and always alike for one seed and choice.
type Seeded uint64

// draw is 64 random bits for the choice, fewer if it is a part.
func (s Seeded) draw(c Choice) uint64 {
	u := mix(mix(uint64(s)) + uint64(c.whole()))
	if c>>eachBit&1 == 1 {
		u = mix(u + uint64(c>>serverBit&0xff))
	}
	return u >> (c >> partBit)
}

// Choose implements Chooser.
func (s Seeded) Choose(c Choice, n int) int { return int(s.draw(c) % uint64(n)) }

// Chance implements Chooser.
func (s Seeded) Chance(c Choice, percent int) bool { return s.Choose(c, 100) >= 100-percent }

// Order implements Chooser.
func (s Seeded) Order(c Choice, n int) []int {
	order := natural(n)
	slices.SortFunc(order, func(a, b int) int {
		return s.Choose(c.each(a).part(33), 1<<31) - s.Choose(c.each(b).part(33), 1<<31)
	})
	return order
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA'14): neighbours in, strangers out.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// natural is the numbers below n, in their own order.
func natural(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// only decides as the chooser within for the choices that are loud, and calmly for all others.
type only struct {
	Chooser
	loud func(Choice) bool
}

// Choose implements Chooser.
func (o only) Choose(c Choice, n int) int {
	if !o.loud(c.whole()) {
		return 0
	}
	return o.Chooser.Choose(c, n)
}

// Chance implements Chooser.
func (o only) Chance(c Choice, percent int) bool {
	return o.loud(c.whole()) && o.Chooser.Chance(c, percent)
}

// Order implements Chooser.
func (o only) Order(c Choice, n int) []int {
	if !o.loud(c.whole()) {
		return natural(n)
	}
	return o.Chooser.Order(c, n)
}

// Only decides as the chooser within for the choices named, and calmly for all others.
func Only(within Chooser, choices []Choice) Chooser {
	loud := make(map[Choice]bool, len(choices))
	for _, c := range choices {
		loud[c] = true
	}
	return only{within, func(c Choice) bool { return loud[c] }}
}

// heard decides as the chooser within and notes the choices that it is asked for.
func heard(within Chooser, note map[Choice]bool) Chooser {
	return only{within, func(c Choice) bool { note[c] = true; return true }}
}
