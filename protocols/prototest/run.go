package prototest

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
)

// A Run is one operation in progress, driven as the model demands: one reply per (server, round), the first.
type Run struct {
	Client uint64
	Role   protocols.Role
	Key    protocols.Key
	// Kind and Written say what the operation is, for CheckHistory.
	Kind    protocols.Op
	Written []byte
	// Began and Ended are times of the cluster's clock; Ended is 0 while the operation is in progress.
	Began, Ended int
	// Trace is the operation's messages in the order of their delivery.
	Trace []Envelope

	op        protocols.Operation
	rounds    int
	overdue   int             // the last round that was
	asked     map[[2]int]bool // (round, server)
	answered  map[[2]int]bool // (round, server)
	abandoned bool
}

// Done reports whether the operation has ended.
func (r *Run) Done() bool { return r.Ended != 0 }

// Rounds is the number of rounds that have begun.
func (r *Run) Rounds() int { return r.rounds }

// Result is the operation's result; call it once the operation is done.
func (r *Run) Result() (protocols.Result, error) { return r.op.Result() }

// Abandon is what a crash or a time-out of the client does: no more replies reach the operation, which stays pending
// for ever. Its requests stay in flight; Lose drops them.
func (r *Run) Abandon() { r.abandoned = true }

// Is matches the messages of the run.
func (r *Run) Is(e Envelope) bool { return e.Run == r }

// Tells is the first message of the trace that contains the secret, in its body as encoded or in its payload.
func (r *Run) Tells(secret []byte) (e Envelope, found bool, err error) {
	for _, e := range r.Trace {
		data, err := wire.Marshal(nil, e.Body)
		if err != nil || bytes.Contains(data, secret) || bytes.Contains(e.Payload, secret) {
			return e, err == nil, err
		}
	}
	return Envelope{}, false, nil
}

// A Client is a register's end in a cluster.
type Client struct {
	PID      uint64
	Role     protocols.Role
	Register protocols.Register
	cluster  *Cluster
}

// Client makes a client of the cluster.
func (c *Cluster) Client(pid uint64, role protocols.Role) *Client {
	return &Client{PID: pid, Role: role, Register: c.Register(pid, role), cluster: c}
}

// Read begins a READ.
func (c *Client) Read(key protocols.Key) *Run {
	return c.cluster.Start(c, key, protocols.Read, nil, c.Register.Read(key, protocols.Heap{}))
}

// Write begins a WRITE.
func (c *Client) Write(key protocols.Key, value []byte) *Run {
	return c.cluster.Start(c, key, protocols.Write, value, c.Register.Write(key, value, protocols.Heap{}))
}

// Start begins any operation as the client: its first round goes into flight. Written is the value of a WRITE.
func (c *Cluster) Start(client *Client, key protocols.Key, kind protocols.Op, written []byte,
	op protocols.Operation,
) *Run {
	c.clock++
	r := &Run{
		Client: client.PID, Role: client.Role, Key: key, Kind: kind, Written: written, Began: c.clock,
		op: op, asked: map[[2]int]bool{}, answered: map[[2]int]bool{},
	}
	c.runs = append(c.runs, r)
	c.begin(r, op.Start())
	return r
}

// Finish runs the cluster until it is quiet and returns the run's result; the test fails if there is none.
func (c *Cluster) Finish(r *Run) protocols.Result {
	c.t.Helper()
	c.Run()
	if !r.Done() {
		c.Fatalf("%s of p%d did not end: round %d is open", r.Kind, r.Client, r.rounds)
	}
	result, err := r.Result()
	if err != nil {
		c.Fatalf("%s of p%d: %v", r.Kind, r.Client, err)
	}
	return result
}

// begin puts a round's requests into flight. A first round of nothing ends the operation at once.
func (c *Cluster) begin(r *Run, b protocols.Broadcast) {
	c.t.Helper()
	if len(b) == 0 && r.rounds == 0 {
		r.Ended = c.clock
		return
	}
	r.rounds++
	c.ask(r, b)
}

// ask puts requests of the current round into flight, those to servers that were not asked in it.
func (c *Cluster) ask(r *Run, b protocols.Broadcast) {
	c.t.Helper()
	if len(b) != len(c.Servers) {
		c.Fatalf("round %d of p%d addresses %d servers, want %d", r.rounds, r.Client, len(b), len(c.Servers))
	}
	for i, m := range b {
		at := [2]int{r.rounds, i}
		if m.Body != nil && !r.asked[at] {
			r.asked[at] = true
			c.flying = append(c.flying, Envelope{Run: r, Client: r.Client, Server: i, Round: r.rounds, Message: m})
		}
	}
}

// hedged reports whether the operation wants to know what is overdue.
func (r *Run) hedged() bool {
	_, ok := r.op.(protocols.Hedged)
	return ok
}

// Overdue tells an operation in progress that its round is late, once a round. It is false if the operation does not
// want to know.
func (c *Cluster) Overdue(r *Run) bool {
	h, ok := r.op.(protocols.Hedged)
	if !ok || r.Done() || r.abandoned || r.overdue == r.rounds {
		return false
	}
	c.clock++
	r.overdue = r.rounds
	c.react(r, h.Overdue(r.rounds))
	return true
}

// anyOverdue is Overdue of the first operation that wants to know.
func (c *Cluster) anyOverdue() bool { return slices.ContainsFunc(c.runs, c.Overdue) }

// answer gives a reply to its operation.
func (c *Cluster) answer(e Envelope) {
	c.t.Helper()
	r := e.Run
	at := [2]int{e.Round, e.Server}
	if r.Done() || r.abandoned || r.answered[at] {
		return
	}
	r.answered[at] = true
	r.Trace = append(r.Trace, e)
	c.react(r, r.op.Answer(e.Round, e.Server, e.Message))
}

// react does what the operation wants.
func (c *Cluster) react(r *Run, step protocols.Step) {
	c.t.Helper()
	switch {
	case step.Next != nil:
		c.begin(r, step.Next)
	case step.More != nil:
		c.ask(r, step.More)
	}
	if step.Done {
		r.Ended = c.clock
	}
}
