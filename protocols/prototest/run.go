package prototest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/wire"
)

// A Run is one operation in progress.
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

	cluster   *Cluster
	driver    *play.Driver
	hedged    bool // the operation may be told that a round is overdue
	abandoned bool
}

// Done reports whether the operation has ended.
func (r *Run) Done() bool { return r.Ended != 0 }

// Rounds is the number of rounds that have begun.
func (r *Run) Rounds() int { return r.driver.Round() }

// Result is the operation's result; call it once the operation is done.
func (r *Run) Result() (protocols.Result, error) { return r.driver.Result() }

// Abandon acts as a crash or a time-out of the client: no more replies reach the operation, which stays pending for
// ever. Its requests stay in flight; Lose drops them.
func (r *Run) Abandon() { r.abandoned = true }

// die has the client die in the round, when its requests have reached the servers named alone.
func (c *Cluster) die(run *Run, round int, reached ...int) {
	to := To(reached...)
	c.Deliver(func(e Envelope) bool { return run.Is(e) && (e.Round < round || to(e)) })
	run.Abandon()
	c.Lose(run.Is)
}

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
	_, hedged := op.(protocols.Hedged)
	r := &Run{
		Client: client.PID, Role: client.Role, Key: key, Kind: kind, Written: written, Began: c.clock,
		cluster: c, driver: play.New(op, len(c.Servers)), hedged: hedged,
	}
	c.runs = append(c.runs, r)
	r.do(r.driver.Start())
	return r
}

// Finish runs the cluster until it is quiet and returns the run's result; the test fails if there is none.
func (c *Cluster) Finish(r *Run) protocols.Result {
	c.t.Helper()
	c.Run()
	if !r.Done() {
		c.Fatalf("%s of p%d did not end: round %d is open", r.Kind, r.Client, r.Rounds())
	}
	result, err := r.Result()
	if err != nil {
		c.Fatalf("%s of p%d: %v", r.Kind, r.Client, err)
	}
	return result
}

// do puts the run's requests into flight, and notes its end.
func (r *Run) do(q play.Requests, err error) {
	c := r.cluster
	c.t.Helper()
	if err != nil {
		c.Fatalf("%s of p%d: %v", r.Kind, r.Client, err)
	}
	for i, m := range q.To {
		if m.Body != nil {
			c.flying = append(c.flying, Envelope{Run: r, Client: r.Client, Server: i, Key: r.Key, Round: q.Round, Message: m})
		}
	}
	if r.driver.Done() {
		r.Ended = c.clock
	}
}

// Overdue tells an operation in progress that its round is late, once a round. It is false if the operation does not
// want to know.
func (c *Cluster) Overdue(r *Run) bool {
	if r.abandoned || !r.driver.Hedged(r.Rounds()) {
		return false
	}
	c.clock++
	r.do(r.driver.Overdue(r.Rounds()))
	return true
}

// anyOverdue is Overdue of the first operation that wants to know.
func (c *Cluster) anyOverdue() bool { return slices.ContainsFunc(c.runs, c.Overdue) }

// answer gives a reply to its operation.
func (c *Cluster) answer(e Envelope) {
	c.t.Helper()
	r := e.Run
	if r.abandoned || !r.driver.Awaits(e.Round, e.Server) {
		return
	}
	c.arrived(e)
	r.do(r.driver.Answer(e.Round, e.Server, e.Message))
}

// An Envelope is one message in flight.
type Envelope struct {
	Run    *Run // the operation it belongs to; nil between servers
	Client uint64
	Server int // 0-based
	Key    protocols.Key
	Round  int // from 1
	Reply  bool
	// Peer says that the message is of the server From to Server, and of no client.
	Peer bool
	From int
	protocols.Message
}

// String formats the envelope as "p1 → s2 round 1 Put+131072B": servers are numbered from 1, as in the paper.
func (e Envelope) String() string {
	name := strings.TrimLeft(fmt.Sprintf("%T", e.Body), "*")
	name = name[strings.LastIndex(name, ".")+1:]
	if len(e.Payload) > 0 {
		name = fmt.Sprintf("%s+%dB", name, len(e.Payload))
	}
	arrow := "→"
	if e.Reply {
		arrow = "←"
	}
	if e.Peer {
		return fmt.Sprintf("s%d → s%d %s", e.From+1, e.Server+1, name)
	}
	return fmt.Sprintf("p%d %s s%d round %d %s", e.Client, arrow, e.Server+1, e.Round, name)
}

// To matches the requests to the servers.
func To(servers ...int) func(Envelope) bool {
	of := Of(servers...)
	return func(e Envelope) bool { return !e.Reply && of(e) }
}

// Of matches all messages from and to the servers.
func Of(servers ...int) func(Envelope) bool {
	return func(e Envelope) bool {
		return slices.Contains(servers, e.Server) || e.Peer && slices.Contains(servers, e.From)
	}
}

// Everything matches every message.
func Everything(Envelope) bool { return true }

// Raw is a body of any bytes, for servers and clients that send what no codec would: Data takes the place of the
// encoded body. What cannot be decoded is lost, as a transport would have it.
type Raw struct {
	As   protocols.Kind
	Data []byte
}

// Kind is the kind that the bytes pretend to be of.
func (r *Raw) Kind() protocols.Kind { return r.As }

// transmit is the message as the other side sees it: its body went through the codec and its payload was copied.
// It is false if the body cannot be decoded. A kind that the protocol does not know arrives as a nil body.
func (c *Cluster) transmit(m protocols.Message) (protocols.Message, bool) {
	out := protocols.Message{Payload: play.ClonePayload(m.Payload)}
	if m.Body == nil {
		return out, true
	}
	var data []byte
	if raw, ok := m.Body.(*Raw); ok {
		data = raw.Data
	} else if encoded, err := wire.Marshal(nil, m.Body); err != nil {
		c.Fatalf("%v", err)
	} else {
		data = encoded
	}
	if out.Body = c.protocol.NewBody(m.Body.Kind()); out.Body == nil {
		return out, true
	}
	return out, wire.Unmarshal(data, out.Body) == nil
}
