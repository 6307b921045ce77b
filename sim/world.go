// Package sim is a deterministic simulator: it drives the operations and servers that run elsewhere over TCP through a
// seeded schedule in virtual time, with late, reordered and duplicated messages, partitions, crashes, restarts and
// Byzantine participants, and judges the outcome.
//
// One seed is one schedule, bit for bit. Every decision of a schedule has a name (Choice), and a Chooser makes it; a
// Seeded one decides by the seed and the name alone, so that a schedule that fails can be shrunk by muting one decision
// after the other.
//
// It knows no protocol. It imports play, byzantine, history, workloads and result; commands and tests import it.
package sim

import (
	"cmp"
	"fmt"
	"sync"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/workloads"
)

// The bounds of a Scenario, which come from the width of a Choice, and of a schedule: more events than any needs mean
// that some operation sends for ever.
const (
	maxServers = 64
	maxClients = 200
	maxOps     = 1000
	maxEvents  = 1_000_000
)

// A Scenario describes a simulation; with a seed it is one schedule. A zero field has the default named.
type Scenario struct {
	Protocol   protocols.Protocol
	T          int                  // failure threshold; 1
	Suite      string               // modern
	Durability protocols.Durability // fsync
	Writers    int                  // 2; they also read
	Readers    int                  // 2
	Keys       int                  // 2 at most
	Ops        int                  // of each client; 3
	// Attack happens beside the usual faults. The zero Attack is none.
	Attack byzantine.Attack
	// Strategy makes the decisions. The zero Strategy is uniform.
	Strategy Strategy
}

// filled is the scenario with its defaults, or what is wrong with it.
func (s Scenario) filled() (Scenario, error) {
	s.T = cmp.Or(s.T, 1)
	s.Suite = cmp.Or(s.Suite, "modern")
	s.Durability = cmp.Or(s.Durability, protocols.Fsync)
	s.Writers = cmp.Or(s.Writers, 2)
	s.Readers = cmp.Or(s.Readers, 2)
	s.Keys = cmp.Or(s.Keys, 2)
	s.Ops = cmp.Or(s.Ops, 3)
	if _, err := suite.ByName(s.Suite); err != nil {
		return s, err
	}
	switch {
	case s.Protocol == nil:
		return s, fmt.Errorf("a scenario needs a protocol")
	case s.T < 1 || s.Protocol.Traits(s.T).Servers > maxServers:
		return s, fmt.Errorf("t is %d: the simulator runs 1 fault or more on at most %d servers", s.T, maxServers)
	case s.Writers < 1 || s.Readers < 0 || s.Writers+s.Readers > maxClients:
		return s, fmt.Errorf("%d writers and %d readers: want a writer, and at most %d clients", s.Writers, s.Readers, maxClients)
	case s.Keys < 1 || s.Ops < 1 || s.Ops > maxOps:
		return s, fmt.Errorf("%d keys, %d operations: want 1 key or more and 1 to %d operations", s.Keys, s.Ops, maxOps)
	}
	return s, s.Durability.Check()
}

// Check says what is wrong with the scenario, if anything is.
func (s Scenario) Check() error {
	_, err := s.filled()
	return err
}

// values makes those of every simulated WRITE; a schedule does not depend on their bodies.
var values = sync.OnceValue(func() *workloads.Values { return workloads.NewValues(1) })

// world is one schedule in progress. It is single-threaded.
type world struct {
	Scenario
	Chooser
	queue
	seed  uint64 // of all that is secret, and of the number of keys
	suite suite.Suite
	keys  struct {
		servers        []suite.ServerKeys
		writer, reader suite.ClientKeys
	}
	loot       *byzantine.Loot
	hosts      []*host
	tickets    []flight // requests that servers have taken, by their tickets
	clients    []*client
	partitions []partition
	wired      bool // all messages pass through the codec
	oneWriter  bool // per key
	expected   byzantine.Expectation

	now     int64 // virtual time, in ticks
	clock   int64 // counts events: the time of the history, in which no two events coincide
	writes  map[protocols.Key]uint64
	lurked  map[protocols.Key]map[workloads.ID]bool // values of a lurking writer that READs returned
	runs    []*run
	logs    []*history.Log
	outcome Outcome
	tracing bool
}

// simulate plays the schedule to its end and judges it.
func simulate(s Scenario, seed uint64, chooser Chooser, tracing bool) (*Outcome, error) {
	s, err := s.filled()
	if err != nil {
		return nil, err
	}
	traits := s.Protocol.Traits(s.T)
	w := &world{
		Scenario: s, Chooser: chooser, seed: seed, tracing: tracing, loot: &byzantine.Loot{},
		writes: map[protocols.Key]uint64{}, lurked: map[protocols.Key]map[workloads.ID]bool{}, outcome: Outcome{Reads: map[int]int{}, Conditions: map[protocols.Condition]int{}},
		oneWriter: traits.Writers == protocols.One, expected: s.Attack.Expected(s.Protocol),
	}
	if t, ok := chooser.(timed); ok {
		t.watch(&w.clock)
	}
	w.wired = w.Chance(choose(encoded, 0, 0), 12)
	if w.suite, err = protocols.SuiteFor(s.Protocol, s.Suite); err != nil {
		return nil, err
	}
	w.keys.servers, w.keys.writer, w.keys.reader, err = protocols.GenerateKeys(s.Protocol, s.T, w.suite, play.Entropy(seed, 0))
	if err != nil {
		return nil, err
	}
	w.setUpHosts(traits.Servers)
	w.setUpPartitions()
	w.setUpClients()
	w.run()
	w.judge()
	return &w.outcome, nil
}

// run lets all events happen.
func (w *world) run() {
	for len(w.events) > 0 {
		e := w.next()
		w.now = e.at
		if w.clock++; w.clock > maxEvents {
			w.find(byzantine.Hang, "more than %d events: some operation never stops sending", maxEvents)
			return
		}
		e.do()
	}
}

// dice are an attacker's: each roll is a choice of its own.
type dice struct {
	*world
	attacker int // servers first, then clients
	rolls    int
}

// Roll implements byzantine.Dice.
func (d *dice) Roll(n int) int {
	d.rolls++
	return d.Choose(choose(lie, d.attacker, d.rolls).part(8), n)
}

// part is what an attacker has to play with.
func (w *world) part(attacker, server int) byzantine.Part {
	return byzantine.Part{
		Protocol: w.Protocol, T: w.T, Suite: w.suite, Index: server, Loot: w.loot, Dice: &dice{world: w, attacker: attacker},
	}
}

// tracef notes what happens, if somebody wants to read it.
func (w *world) tracef(format string, args ...any) {
	if w.tracing {
		w.outcome.Trace = append(w.outcome.Trace, fmt.Sprintf("%6d  %s", w.now, fmt.Sprintf(format, args...)))
		w.outcome.events = append(w.outcome.events, w.clock)
	}
}
