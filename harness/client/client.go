// Package client drives operations over real links: the one place where a protocol's rounds meet the network.
package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport"
)

// ErrPending says that an operation was given up: it may or may not have taken effect.
var ErrPending = errors.New("operation pending")

// A Client runs one client's operations, one at a time.
type Client struct {
	links         *transport.Links
	register      protocols.Register
	faults        int
	reads, writes pace
}

// New returns a client that speaks as register over the links, which several clients may share, to servers of which no
// more than faults lie.
func New(links *transport.Links, register protocols.Register, faults int) *Client {
	return &Client{links: links, register: register, faults: faults}
}

// An Outcome is a completed operation. Its result lives until Release.
type Outcome struct {
	protocols.Result
	Rounds result.Rounds
	// Most is what the operation moved until it ended.
	Most result.Most

	exchange *transport.Exchange
}

// Release gives the operation's memory back; the result's value must not be used any more.
func (o *Outcome) Release() { o.exchange.End() }

// A Call is an operation that is ready to run: its value, if any, is laid out, and nothing has been sent.
type Call struct {
	exchange  *transport.Exchange
	operation protocols.Operation
	rounds    rounds
	pace      *pace
}

// Read prepares a READ of key.
func (c *Client) Read(key protocols.Key) Call {
	x := c.links.Begin(key)
	return Call{x, c.register.Read(key, x.Memory()), rounds{faults: c.faults}, &c.reads}
}

// Write prepares a WRITE to key of a value of size bytes, which fill lays out.
func (c *Client) Write(key protocols.Key, size int, fill func(value []byte)) Call {
	x := c.links.Begin(key)
	value := x.Memory().Bytes(size)
	fill(value)
	return Call{x, c.register.Write(key, value, x.Memory()), rounds{faults: c.faults}, &c.writes}
}

// Run drives the operation to its end. If ctx ends first the operation is given up and the error is ErrPending.
func (c Call) Run(ctx context.Context) (*Outcome, error) {
	r, err := c.drive(ctx)
	if err != nil {
		c.exchange.End()
		return nil, err
	}
	return &Outcome{Result: r, Rounds: c.rounds.count(), Most: moved(c.exchange), exchange: c.exchange}, nil
}

func (c *Call) drive(ctx context.Context) (protocols.Result, error) {
	first := c.operation.Start()
	step := protocols.Step{Next: first, Done: first == nil}
	hedge := newHedge(c.operation, c.pace)
	for {
		if err := c.send(step, hedge); err != nil {
			return protocols.Result{}, err
		}
		if step.Done { // perhaps with a last round to whose replies nobody listens
			hedge.end()
			return c.operation.Result()
		}
		select {
		case r := <-c.exchange.Replies():
			c.rounds.hear(r)
			step = c.operation.Answer(r.Round, r.Server, r.Message)
		case <-hedge.late():
			step = hedge.overdue()
		case <-ctx.Done():
			return protocols.Result{}, fmt.Errorf("%w in round %d: %w", ErrPending, len(c.rounds.all), ctx.Err())
		}
	}
}

// send sends what the step wants sent, in a round that begins or in the current one.
func (c *Call) send(step protocols.Step, hedge *hedge) error {
	switch {
	case step.Next != nil:
		round := c.rounds.begin(step.Next)
		hedge.begin(round)
		return c.exchange.Send(round, step.Next)
	case step.More != nil:
		return c.exchange.Send(len(c.rounds.all), step.More)
	}
	return nil
}
