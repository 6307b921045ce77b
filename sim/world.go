package sim

import (
	"fmt"
	"sync"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/workloads"
)

// maxEvents bounds one schedule: more than any needs mean that some operation sends for ever.
const maxEvents = 1_000_000

// values makes those of every simulated WRITE; a schedule does not depend on their bodies.
var values = sync.OnceValue(func() *workloads.Values { return workloads.NewValues(1) })

// world is one schedule in progress. It is single-threaded.
type world struct {
	Scenario
	schedule
	queue
	suite suite.Suite
	keys  struct {
		servers        []suite.ServerKeys
		writer, reader suite.ClientKeys
	}
	loot       *byzantine.Loot
	hosts      []*host
	clients    []*client
	partitions []partition
	wired      bool // all messages pass through the codec
	expected   byzantine.Expectation
	oneWriter  bool // per key

	now     int64 // virtual time, in ticks
	clock   int64 // counts events: the time of the history, in which no two events coincide
	writes  map[protocols.Key]uint64
	runs    []*run
	logs    []*history.Log
	outcome Outcome
	tracing bool
}

// simulate plays the schedule to its end and judges it.
func simulate(s Scenario, sch schedule, tracing bool) (*Outcome, error) {
	s, err := s.filled()
	if err != nil {
		return nil, err
	}
	w := &world{
		Scenario: s, schedule: sch, tracing: tracing, loot: &byzantine.Loot{}, writes: map[protocols.Key]uint64{},
		outcome: Outcome{Reads: map[int]int{}}, expected: s.Attack.Expected(s.Protocol),
		oneWriter: s.Protocol.Traits(s.T).Writers == protocols.One,
	}
	w.wired = w.percent(12, choose(encoded, 0, 0))
	if w.suite, err = protocols.SuiteFor(s.Protocol, s.Suite); err != nil {
		return nil, err
	}
	w.keys.servers, w.keys.writer, w.keys.reader, err = suite.GenerateKeys(w.suite, s.Protocol.Traits(s.T).Servers, play.Entropy(w.seed, 0))
	if err != nil {
		return nil, err
	}
	w.setUpHosts()
	w.setUpPartitions()
	w.setUpClients()
	w.run()
	w.judge()
	return &w.outcome, nil
}

// run lets everything happen that is to come.
func (w *world) run() {
	for {
		e, ok := w.next()
		if !ok {
			return
		}
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
	return int(d.draw(choose(lie, d.attacker, d.rolls)) >> 8 % uint64(n))
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
	}
}
