package protocols

import (
	"strings"

	"github.com/powbench/powbench/protocols/suite"
)

// Traits say what a protocol is, for one failure threshold t.
type Traits struct {
	// Name and Variant tell the protocol apart in configurations and results; Title is its name as the paper writes it.
	Name    string
	Variant string // Paper, or how it differs from its paper
	Title   string
	Servers int // the number S of servers that tolerate t faults
	Quorum  int // how many servers a round waits for
	// LyingServers is the number of the t faulty servers that may lie and not merely crash: t or 0. No register withstands a
	// lie on 3t servers or fewer (the paper, §7). Of the clients of a role that may lie, any number may.
	LyingServers               int
	LyingReaders, LyingWriters bool
	Writers                    Writers
	// Consistency is what READs promise; checkers and attacks judge by it.
	Consistency Consistency
	// Peers says that servers send messages to one another: they are Peers.
	Peers bool
	// Null says that the protocol keeps no value and only moves another one's bytes, as a ceiling for it. What it did is no
	// history, and it withstands and tolerates nothing.
	Null bool
	// KeyPairs says that each server and each client that writes has a signature key pair of its own.
	KeyPairs bool
	// Scheme names the signatures that the protocol uses in place of the suite's; it is empty if it uses those.
	Scheme string
	// Read and Write are what either operation moves when all servers answer and none lies: a leg for each round.
	Read, Write []Leg
	// Repairs says that a READ may take other rounds when it meets a WRITE in progress, or what one left that died. Read is
	// then that of a READ that meets neither.
	Repairs bool
	// Starves says that nothing bounds the rounds of a READ, as WRITEs can overtake it for ever or leave ever more incomplete
	// versions to pass over: it may run out of them, and ends with ErrStarved.
	Starves bool
}

// Consistency is what a register promises of what READs return (Lamport, On interprocess communication, 1986).
type Consistency uint8

// The promises, the strongest first. Package harness/history has each in full.
const (
	Atomic  Consistency = iota // linearizable: as if each operation took effect at one instant
	Regular                    // a READ returns the value of the last WRITE before it, or of one beside it
	Safe                       // likewise a READ that is beside no WRITE; others may return anything
)

// Consistencies are their names, the strongest first.
var Consistencies = []string{"atomic", "regular", "safe"}

// String is the promise's name.
func (c Consistency) String() string { return Consistencies[c] }

// Not is how findings call a history that lacks it.
func (c Consistency) Not() string {
	if c == Atomic {
		return "not linearizable"
	}
	return "not " + c.String()
}

// Writers says how many clients write one key.
type Writers uint8

// The numbers of writers. Where it is One, the one who drives the clients lets one of them write each key, or the
// successors of one that died, which know what it issued.
const (
	Many Writers = iota
	One
)

// A Leg is the payload that one round moves to and from each server, on average over the servers, in multiples of the
// value's size. Between is what the servers send one another because of the round, on average over the servers too. It is
// what the protocol's paper says (§6.3 of PoWerStore's), which Conform holds the automata to. What is measured, predicted
// or planned is held against harness/model, which counts every byte and needs no legs.
type Leg struct {
	Request float64
	Reply   float64
	Between float64
}

// Cost counts what one operation moves, in multiples of the value's size, when all servers answer (the paper, §6.3).
type Cost struct {
	ClientToServers float64
	ServersToClient float64
	BetweenServers  float64
}

// Legs returns what the operation moves, round by round.
func (t Traits) Legs(op Op) []Leg {
	if op == Write {
		return t.Write
	}
	return t.Read
}

// Cost adds up the operation's legs over all servers.
func (t Traits) Cost(op Op) (c Cost) {
	for _, leg := range t.Legs(op) {
		c.ClientToServers += float64(t.Servers) * leg.Request
		c.ServersToClient += float64(t.Servers) * leg.Reply
		c.BetweenServers += float64(t.Servers) * leg.Between
	}
	return c
}

// Rounds counts the operation's rounds: those with a payload, in either direction, and those without.
func (t Traits) Rounds(op Op) (data, metadata int) {
	for _, leg := range t.Legs(op) {
		if leg != (Leg{}) {
			data++
		} else {
			metadata++
		}
	}
	return data, metadata
}

// System is the system's full name, such as "mpowerstore+polynomial".
func (t Traits) System() string { return FullName(t.Name, t.Variant) }

// NameOf is the full name of the system that the protocol is.
func NameOf(p Protocol) string { return p.Traits(1).System() }

// SuiteFor is the suite of the name as the protocol uses it: keys are generated with it, and both ends made from it.
func SuiteFor(p Protocol, name string) (suite.Suite, error) {
	s, err := suite.ByName(name)
	scheme := p.Traits(1).Scheme
	if err != nil || scheme == "" {
		return s, err
	}
	signatures, err := suite.SchemeByName(scheme)
	if err != nil {
		return nil, err
	}
	return suite.WithScheme(s, signatures), nil
}

// Paper is the variant of a protocol that is as its paper says.
const Paper = "paper"

// SplitName splits a system's full name into the protocol's name and the variant, which is Paper if the name has none.
func SplitName(system string) (name, variant string) {
	name, variant, found := strings.Cut(system, "+")
	if !found {
		return name, Paper
	}
	return name, variant
}

// FullName is the system's name that SplitName splits. No variant is Paper.
func FullName(name, variant string) string {
	if variant == Paper || variant == "" {
		return name
	}
	return name + "+" + variant
}
