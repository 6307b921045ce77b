// Package prototest runs operations and servers of any protocol in memory, for tests: one message at a time, in an
// order that a seed or a script decides. Conform holds a protocol to what the model asks of any.
//
// Bodies pass through the codec and payloads are copied, as on a network. What a server was lent for one request is
// overwritten after it, so that a server which keeps it is found out.
//
// It imports play, wire and suite; only tests import it.
package prototest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
)

// A Cluster is the servers of one protocol and the messages in flight. It is single-threaded.
type Cluster struct {
	// Servers are the automata by index. Wrap or replace one to make it Byzantine.
	Servers []protocols.Server
	// Faults is t.
	Faults int
	// Suite and the keys are for tests that forge.
	Suite      suite.Suite
	ServerKeys []suite.ServerKeys
	WriterKeys suite.ClientKeys
	ReaderKeys suite.ClientKeys
	// Rand is seeded; the scheduler draws from it too.
	Rand *rand.Rand
	// Liars are the indexes of servers that may send their peers what these refuse.
	Liars []int
	// DuplicatePercent is the share of delivered messages that stay in flight, to arrive again.
	DuplicatePercent int
	// Arrived, if it is not nil, is shown every message that arrives, those between servers too.
	Arrived func(Envelope)

	protocol protocols.Protocol
	t        TB
	seed     uint64
	clock    int // counts deliveries and beginnings: the time of the history
	runs     []*Run
	flying   []Envelope
	holds    []func(Envelope) bool
	crashed  []bool
	states   []play.Store // by server
	waiting  []*waiting   // requests, by their tickets
}

// TB has the methods of a test that a cluster needs: *testing.T and *rapid.T implement it.
type TB interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// maxSteps bounds one schedule: more deliveries than any test needs mean that an operation never ends.
const maxSteps = 1_000_000

// New starts the S servers of the protocol that tolerate the number of faults, with fresh keys of the suite. Everything
// random comes from the seed, which every failure prints.
func New(t TB, p protocols.Protocol, faults int, suiteName string, seed uint64) *Cluster {
	t.Helper()
	s, err := protocols.SuiteFor(p, suiteName)
	if err != nil {
		t.Fatal(err)
	}
	n := p.Traits(faults).Servers
	c := &Cluster{
		Servers: make([]protocols.Server, n), Faults: faults, Suite: s, Rand: rand.New(rand.NewPCG(seed, 1)),
		protocol: p, t: t, seed: seed,
		crashed: make([]bool, n), states: make([]play.Store, n),
	}
	if c.ServerKeys, c.WriterKeys, c.ReaderKeys, err = protocols.GenerateKeys(p, faults, s, play.Entropy(seed, 0)); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		c.Servers[i] = p.NewServer(protocols.ServerParams{Index: i, T: faults, Suite: s, Keys: c.ServerKeys[i]})
		c.states[i] = play.Store{}
	}
	return c
}

// Register makes a client's end with the keys of its role.
func (c *Cluster) Register(pid uint64, role protocols.Role) protocols.Register {
	keys := c.ReaderKeys
	if role == protocols.Writer {
		keys = c.WriterKeys
	}
	return protocols.Incarnate(c.protocol, protocols.ClientParams{
		T: c.Faults, PID: pid, Suite: c.Suite, Keys: keys, Entropy: play.Entropy(c.seed, pid),
	})
}

// Crash stops a server for good: what reaches it from now on is lost.
func (c *Cluster) Crash(server int) { c.crashed[server] = true }

// Hold keeps messages that match in flight until Release: the holds of a cluster add up.
func (c *Cluster) Hold(match func(Envelope) bool) { c.holds = append(c.holds, match) }

// Release ends all holds.
func (c *Cluster) Release() { c.holds = nil }

// Lose drops the messages in flight that match, held or not.
func (c *Cluster) Lose(match func(Envelope) bool) { c.flying = slices.DeleteFunc(c.flying, match) }

// Flying is a copy of the messages in flight, oldest first.
func (c *Cluster) Flying() []Envelope { return slices.Clone(c.flying) }

// Step delivers one message in flight that is not held, chosen at random. It is false if there is none.
func (c *Cluster) Step() bool {
	var free []int
	for i := range c.flying {
		if !c.held(c.flying[i]) {
			free = append(free, i)
		}
	}
	if len(free) == 0 {
		return false
	}
	c.deliver(free[c.Rand.IntN(len(free))])
	return true
}

// Run delivers messages in random order until only held ones are in flight. Rounds that are open then are overdue.
func (c *Cluster) Run() {
	for c.Step() || c.anyOverdue() {
	}
}

// Deliver delivers the messages that match, oldest first, also those that this brings about and those that are held,
// until none matches. It returns their number. A script uses it in place of Step.
func (c *Cluster) Deliver(match func(Envelope) bool) int {
	for n := 0; ; n++ {
		i := slices.IndexFunc(c.flying, match)
		if i < 0 {
			return n
		}
		c.deliver(i)
	}
}

func (c *Cluster) held(e Envelope) bool {
	return slices.ContainsFunc(c.holds, func(match func(Envelope) bool) bool { return match(e) })
}

// deliver takes one message out of flight, or leaves a duplicate there, and hands it over.
func (c *Cluster) deliver(i int) {
	c.t.Helper()
	e := c.flying[i]
	if c.clock++; c.clock > maxSteps {
		c.Fatalf("more than %d messages: some operation never ends", maxSteps)
	}
	if c.DuplicatePercent == 0 || c.Rand.IntN(100) >= c.DuplicatePercent {
		c.flying = slices.Delete(c.flying, i, i+1)
	}
	switch {
	case e.Peer:
		c.handlePeer(e)
	case e.Reply:
		c.answer(e)
	default:
		c.handle(e)
	}
}

// handle delivers a request to its server and puts the reply into flight.
func (c *Cluster) handle(e Envelope) {
	c.t.Helper()
	if c.crashed[e.Server] {
		return
	}
	c.arrived(e)
	reply, sent, err := c.serve(e.Run.Role, e)
	if err != nil {
		c.Fatalf("s%d refuses what a client sent: %v: %v", e.Server+1, e, err)
	}
	if sent {
		e.Message, e.Reply = reply, true
		c.flying = append(c.flying, e)
	}
}

// arrived notes a message that arrives.
func (c *Cluster) arrived(e Envelope) {
	if e.Run != nil {
		e.Run.Trace = append(e.Run.Trace, e)
	}
	if c.Arrived != nil {
		c.Arrived(e)
	}
}

// Request hands one request to a server at once, past the network, stores the records and returns the reply. The error
// is a refusal; any other error of the server fails the test.
func (c *Cluster) Request(from protocols.Role, key protocols.Key, server int, m protocols.Message) (
	protocols.Message, error,
) {
	c.t.Helper()
	reply, _, err := c.serve(from, Envelope{Server: server, Key: key, Message: m})
	return reply, err
}

// serve is Request; sent is false if the server sent nothing, or nothing that arrives.
func (c *Cluster) serve(from protocols.Role, e Envelope) (reply protocols.Message, sent bool, err error) {
	c.t.Helper()
	request, ok := c.transmit(e.Message)
	if !ok {
		return protocols.Message{}, false, fmt.Errorf("%w: the body cannot be decoded", protocols.ErrRefused)
	}
	reply, err = c.take(e.Server, protocols.Incoming{Key: e.Key, Message: request, Role: from, Ticket: c.ticket(e)})
	if err != nil {
		return protocols.Message{}, false, err
	}
	sent = reply.Body != nil || reply.Payload != nil
	reply, ok = c.transmit(reply)
	return reply, sent && ok, nil
}

// Record is a copy of a record at a server.
func (c *Cluster) Record(server int, key protocols.Key, name string) (protocols.Record, bool) {
	r, ok := c.states[server][key][name]
	return play.Clone(r), ok
}

// Records is the number of records that a server keeps for the key.
func (c *Cluster) Records(server int, key protocols.Key) int { return len(c.states[server][key]) }

// Reset returns a server to its initial state.
func (c *Cluster) Reset(server int) { clear(c.states[server]) }

// Fatalf fails the test and names the seed that repeats it.
func (c *Cluster) Fatalf(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf("%s, t=%d, %s suite, seed %d: %s",
		protocols.NameOf(c.protocol), c.Faults, c.Suite.Name(), c.seed, fmt.Sprintf(format, args...))
}
