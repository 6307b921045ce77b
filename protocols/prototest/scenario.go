package prototest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// A Scenario is a random load on a random schedule with random faults. Zero counts have the defaults named.
type Scenario struct {
	Protocol protocols.Protocol
	Faults   int    // t; 0 means 1
	Suite    string // "" means modern
	Seeds    int    // schedules; 0 means 100
	Writers  int    // 0 means 3, or 1 if a key has one writer; writers also read
	Readers  int    // 0 means 2
	Keys     int    // 0 means 2
	Ops      int    // operations of each client; 0 means 6
	// Byzantine makes a server of the cluster Byzantine, usually by wrapping c.Servers[server]; t random servers are.
	// If it is nil, t servers crash in half of the schedules.
	Byzantine func(c *Cluster, server int)
}

// The chances, in percent, of what happens before each delivery.
const (
	percentStart   = 15 // an idle client begins an operation
	percentAbandon = 1  // a busy client gives its operation up, and part of the requests in flight is lost
	percentHold    = 1  // some server is slow for all
	percentRelease = 2  // a hold ends
	percentStall   = 40 // a round of an operation may get stuck until its hold ends
	percentOverdue = 5  // a round of a busy client is overdue, if it wants to know
)

// Check runs the scenario once per seed, each as a subtest, and fails it if an operation of a client that stayed does
// not end or if the history is not linearizable.
func (s Scenario) Check(t *testing.T) {
	t.Helper()
	s.fill()
	for seed := range s.Seeds {
		t.Run(fmt.Sprintf("seed=%d", seed+1), func(t *testing.T) { s.check(t, uint64(seed+1)) })
	}
}

func (s *Scenario) fill() {
	set := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	set(&s.Faults, 1)
	set(&s.Seeds, 100)
	if s.Protocol.Traits(1).Writers == protocols.One {
		s.Writers = 1
	}
	set(&s.Writers, 3)
	set(&s.Readers, 2)
	set(&s.Keys, 2)
	set(&s.Ops, 6)
	if s.Suite == "" {
		s.Suite = "modern"
	}
}

// load is one execution of a scenario.
type load struct {
	Scenario
	*Cluster
	clients []*loadClient
	runs    []*Run
}

// loadClient is a client with the operations that it still has to begin.
type loadClient struct {
	*Client
	left    int
	current *Run
}

func (c *loadClient) busy() bool {
	return c.current != nil && !c.current.Done() && !c.current.abandoned
}

func (s Scenario) check(t TB, seed uint64) {
	l := &load{Scenario: s, Cluster: New(t, s.Protocol, s.Faults, s.Suite, seed)}
	l.DuplicatePercent = l.Rand.IntN(2) * 10
	for i := range s.Writers + s.Readers {
		role := protocols.Writer
		if i >= s.Writers {
			role = protocols.Reader
		}
		l.clients = append(l.clients, &loadClient{Client: l.Client(uint64(i+1), role), left: s.Ops})
	}
	faulty := l.Rand.Perm(len(l.Servers))[:s.Faults]
	if s.Byzantine != nil {
		for _, i := range faulty {
			s.Byzantine(l.Cluster, i)
		}
		faulty = nil
	} else if l.chance(50) {
		faulty = nil // as many schedules with all servers up: they have more quorums to differ by
	}
	l.run(faulty)
	for _, r := range l.runs {
		if !r.Done() && !r.abandoned {
			l.Fatalf("%s of p%d does not end although all correct servers answered", r.Kind, r.Client)
		}
	}
	if err := CheckHistory(l.runs); err != nil {
		l.Fatalf("not linearizable: %v", err)
	}
}

// run plays the schedule to its end; the servers in doomed crash somewhere on the way.
func (l *load) run(doomed []int) {
	for {
		if len(doomed) > 0 && l.chance(1) {
			l.Crash(doomed[0])
			doomed = doomed[1:]
		}
		l.disturb()
		moved := l.chance(percentStart) && l.start()
		if !moved && !l.Step() && !l.start() && !l.anyOverdue() {
			if len(l.holds) == 0 {
				return
			}
			l.releaseOne()
		}
	}
}

// start begins an operation of some idle client; it is false if no client has any left.
func (l *load) start() bool {
	for _, i := range l.Rand.Perm(len(l.clients)) {
		c := l.clients[i]
		if c.busy() || c.left == 0 {
			continue
		}
		c.left--
		key := protocols.Key(fmt.Sprintf("k%d", l.Rand.IntN(l.Keys)))
		if c.Role == protocols.Writer && l.chance(60) {
			value := fmt.Appendf(nil, "p%d's value %d%*s", c.PID, c.left, l.Rand.IntN(20), "")
			c.current = c.Write(key, value)
		} else {
			c.current = c.Read(key)
		}
		l.runs = append(l.runs, c.current)
		l.detour(c.current)
		return true
	}
	return false
}

// disturb lets clients give up, servers be slow and rounds be overdue.
func (l *load) disturb() {
	if l.chance(percentHold) {
		l.Hold(Of(l.Rand.IntN(len(l.Servers))))
	}
	if len(l.holds) > 0 && l.chance(percentRelease) {
		l.releaseOne()
	}
	c := l.clients[l.Rand.IntN(len(l.clients))]
	if l.chance(percentAbandon) && c.busy() {
		c.current.Abandon()
		l.Lose(func(e Envelope) bool { return e.Run == c.current && l.chance(50) })
	}
	if c.busy() && c.current.hedged && l.chance(percentOverdue) {
		l.Overdue(c.current)
	}
}

// detour makes some servers slow for an operation, others in each round. As a rule it gets a random quorum first; now
// and then a round is left with fewer, so that other operations meet this one half done.
func (l *load) detour(r *Run) {
	slow := map[int]func(Envelope) bool{} // by round
	l.Hold(func(e Envelope) bool {
		if e.Run != r {
			return false
		}
		if slow[e.Round] == nil {
			most := l.Cluster.Faults
			if l.chance(percentStall) {
				most = len(l.Servers) - 1
			}
			slow[e.Round] = Of(l.Rand.Perm(len(l.Servers))[:l.Rand.IntN(most+1)]...)
		}
		return slow[e.Round](e)
	})
}

// releaseOne ends one of the holds.
func (l *load) releaseOne() {
	i := l.Rand.IntN(len(l.holds))
	l.holds = slices.Delete(l.holds, i, i+1)
}

func (l *load) chance(percent int) bool { return l.Rand.IntN(100) < percent }
