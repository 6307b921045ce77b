package prototest

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// Protocol is the protocol whose servers the cluster has.
func (c *Cluster) Protocol() protocols.Protocol { return c.protocol }

// Load decodes the body of a server's record into into, which stays as it is if there is none.
func (c *Cluster) Load(server int, key protocols.Key, name string, into any) {
	c.t.Helper()
	if r, ok := c.Record(server, key, name); ok {
		if err := wire.Unmarshal(r.Body, into); err != nil {
			c.Fatalf("record %s of s%d: %v", name, server+1, err)
		}
	}
}

// Ask hands a server one request, which it must not refuse, and returns the reply.
func (c *Cluster) Ask(from protocols.Role, key protocols.Key, server int, body protocols.Body) protocols.Message {
	c.t.Helper()
	reply, err := c.Request(from, key, server, protocols.Message{Body: body})
	if err != nil {
		c.Fatalf("s%d: %v", server+1, err)
	}
	return reply
}

// AnswerAll has the servers answer a round of the operation, one after the other, until it ends.
func (c *Cluster) AnswerAll(op protocols.Operation, key protocols.Key, round int, requests protocols.Broadcast,
) protocols.Step {
	c.t.Helper()
	for server, request := range requests {
		reply, err := c.Request(protocols.Writer, key, server, request)
		if err != nil {
			c.Fatalf("s%d: %v", server+1, err)
		}
		reply.Payload = bytes.Clone(reply.Payload)
		if step := op.Answer(round, server, reply); step.Done || step.Next != nil {
			return step
		}
	}
	c.Fatalf("%T does not end round %d", op, round)
	return protocols.Step{}
}

// DeliverFrom delivers the run's messages of the servers named, and of the others only if it does not end without
// them. What it sent and nobody received is lost.
func (c *Cluster) DeliverFrom(run *Run, servers ...int) protocols.Result {
	c.t.Helper()
	of := Of(servers...)
	c.Deliver(func(e Envelope) bool { return run.Is(e) && of(e) })
	if !run.Done() {
		c.Deliver(run.Is)
	}
	c.Lose(run.Is)
	return c.Finish(run)
}

// Interrupt delivers the run's messages round by round, of the servers named for each round. Then its client dies, and
// what it sent and nobody received is lost.
func (c *Cluster) Interrupt(run *Run, rounds ...[]int) {
	for i, servers := range rounds {
		of := Of(servers...)
		c.Deliver(func(e Envelope) bool { return run.Is(e) && e.Round == i+1 && of(e) })
	}
	run.Abandon()
	c.Lose(run.Is)
}

// ReadAfterDeath runs a READ that hears of the first quorum of servers, after a WRITE of "v" in two rounds whose client died when the
// second had reached so many servers. It returns what was read, in how many rounds.
func (c *Cluster) ReadAfterDeath(reached int) (protocols.Result, int) {
	c.t.Helper()
	servers := make([]int, len(c.Servers))
	for i := range servers {
		servers[i] = i
	}
	c.Interrupt(c.Client(1, protocols.Writer).Write("k", []byte("v")), servers, servers[:reached])
	read := c.Client(2, protocols.Reader).Read("k")
	quorum := c.protocol.Traits(c.Faults).Quorum
	c.Deliver(func(e Envelope) bool { return e.Round == 1 && e.Server < quorum })
	return c.Finish(read), read.Rounds()
}

// Forge makes a server Byzantine: it replies as before, except where forge returns a reply of its own. The server's
// last forge counts.
func (c *Cluster) Forge(server int, forge func(request, reply protocols.Message) *protocols.Message) {
	inner := c.Servers[server]
	if old, ok := inner.(*forging); ok {
		inner = old.Server
	}
	c.Servers[server] = &forging{Server: inner, forge: forge}
}

type forging struct {
	protocols.Server
	forge func(request, reply protocols.Message) *protocols.Message
}

func (f *forging) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	reply, records, err := f.Server.Handle(from, key, request, state)
	if err == nil {
		if forged := f.forge(request, reply); forged != nil {
			reply = *forged
		}
	}
	return reply, records, err
}

// Flipped is b with one bit in the middle changed, if it has any.
func Flipped(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) > 0 {
		b[len(b)/2] ^= 0x10
	}
	return b
}

// Peek is the state of a server of a cluster. It notes which records were looked for, and whose payloads.
type Peek struct {
	*Cluster
	Server          int
	Key             protocols.Key
	Looks, Payloads []string
}

// Get implements protocols.StateReader.
func (p *Peek) Get(name string) (body, payload []byte, found bool, err error) {
	p.Payloads = append(p.Payloads, name)
	r, found := p.Record(p.Server, p.Key, name)
	return r.Body, r.Payload, found, nil
}

// Body implements protocols.StateReader.
func (p *Peek) Body(name string) (body []byte, found bool, err error) {
	p.Looks = append(p.Looks, name)
	r, found := p.Record(p.Server, p.Key, name)
	return r.Body, found, nil
}

// Broken is a state that fails with Err, or has Junk in each record.
type Broken struct {
	Junk []byte
	Err  error
}

// Get implements protocols.StateReader.
func (b Broken) Get(string) (body, payload []byte, found bool, err error) {
	return b.Junk, nil, b.Err == nil, b.Err
}

// Body implements protocols.StateReader.
func (b Broken) Body(string) (body []byte, found bool, err error) { return b.Junk, b.Err == nil, b.Err }

// Liars are the Byzantine servers of a cluster, which lie at random, each with the state of a correct server, together
// with a Byzantine reader that knows what they know. What they say and learn depends on the protocol.
type Liars struct {
	*Cluster
	// All are the liars' indexes.
	All []int
	// Learn takes note of a request, WriteBack is the reader's, and Lie changes a reply, mostly to something well-formed.
	Learn     func(request protocols.Body)
	WriteBack func(key protocols.Key)
	Lie       func(reply *protocols.Message)
}

// Join makes a server of the cluster one of the liars. It reports whether it is the first one of the cluster.
func (l *Liars) Join(c *Cluster, server int) (first bool) {
	if first = l.Cluster != c; first {
		l.Cluster, l.All = c, nil
	}
	l.All = append(l.All, server)
	c.Servers[server] = liar{c.Servers[server], l}
	return first
}

// Chance is true in so many percent of the cases.
func (l *Liars) Chance(percent int) bool { return l.Rand.IntN(100) < percent }

type liar struct {
	protocols.Server
	*Liars
}

func (l liar) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := l.Server.Handle(from, key, request, state)
	if err != nil {
		return reply, records, err
	}
	l.Learn(request.Body)
	if l.Chance(20) {
		l.WriteBack(key)
	}
	if l.Chance(30) {
		records = nil // forgets
	}
	switch {
	case l.Chance(30):
		return reply, records, nil
	case l.Chance(5):
		return protocols.Message{}, records, nil
	case l.Chance(5):
		kind := protocols.Kind(l.Rand.IntN(16))
		return protocols.Message{Body: &Raw{As: kind, Data: []byte{0x91, 0xc0}}}, records, nil
	}
	l.Lie(&reply)
	return reply, records, nil
}
