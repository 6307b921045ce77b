// Package sim is a deterministic simulator: it drives the operations and servers that run elsewhere over TCP through a
// seeded schedule in virtual time, with late, reordered and duplicated messages, partitions, crashes, restarts and
// Byzantine participants, and judges what came of it.
//
// One seed is one schedule, bit for bit. Every decision of a schedule has a name (Choice) and depends on the seed and
// its name alone, so that a schedule that fails can be shrunk by muting one decision after the other.
package sim

import (
	"cmp"
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/suite"
)

// The bounds of a Scenario, which come from the width of a Choice.
const (
	maxClients = 200
	maxOps     = 1000
)

// A Scenario is what is simulated; with a seed it is one schedule. A zero field has the default named.
type Scenario struct {
	Protocol   protocols.Protocol
	T          int                  // failure threshold; 1
	Suite      string               // modern
	Durability protocols.Durability // fsync
	Writers    int                  // 2; they also read
	Readers    int                  // 2
	Keys       int                  // 2 at most
	Ops        int                  // of each client; 3
	// Attack is what happens beyond the usual faults. The zero Attack is nothing.
	Attack byzantine.Attack
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
	case s.T < 1 || s.Protocol.Traits(s.T).Servers > 64:
		return s, fmt.Errorf("t is %d: the simulator runs 1 fault or more on at most 64 servers", s.T)
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
