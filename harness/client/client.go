// Package client drives operations over real links: the one place where a protocol's rounds meet the network.
package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport"
)

// ErrPending says that an operation was given up: it may or may not have taken effect.
var ErrPending = errors.New("operation pending")

// A Client runs one client's operations, one at a time.
type Client struct {
	links         *transport.Links
	register      protocols.Register
	reads, writes pace
}

// New returns a client that speaks as register over the links, which several clients may share.
func New(links *transport.Links, register protocols.Register) *Client {
	return &Client{links: links, register: register}
}

// An Outcome is a completed operation. Its result lives until Release.
type Outcome struct {
	protocols.Result
	Rounds int

	exchange *transport.Exchange
}

// Release gives the operation's memory back; the result's value must not be used any more.
func (o *Outcome) Release() { o.exchange.End() }

// A Call is an operation that is ready to run: its value, if any, is laid out, and nothing has been sent.
type Call struct {
	exchange  *transport.Exchange
	operation protocols.Operation
	pace      *pace
}

// Read prepares a READ of key.
func (c *Client) Read(key protocols.Key) Call {
	x := c.links.Begin(key)
	return Call{x, c.register.Read(key, x.Memory()), &c.reads}
}

// Write prepares a WRITE to key of a value of size bytes, which fill lays out.
func (c *Client) Write(key protocols.Key, size int, fill func(value []byte)) Call {
	x := c.links.Begin(key)
	value := x.Memory().Bytes(size)
	fill(value)
	return Call{x, c.register.Write(key, value, x.Memory()), &c.writes}
}

// Run drives the operation to its end. If ctx ends first the operation is given up and the error is ErrPending.
func (c Call) Run(ctx context.Context) (*Outcome, error) {
	result, rounds, err := c.drive(ctx)
	if err != nil {
		c.exchange.End()
		return nil, err
	}
	return &Outcome{Result: result, Rounds: rounds, exchange: c.exchange}, nil
}

func (c Call) drive(ctx context.Context) (protocols.Result, int, error) {
	first := c.operation.Start()
	step := protocols.Step{Next: first, Done: first == nil}
	hedge := newHedge(c.operation, c.pace)
	rounds := 0
	for {
		requests := step.More
		if step.Next != nil {
			rounds++
			hedge.begin(rounds)
			requests = step.Next
		}
		if requests != nil {
			if err := c.exchange.Send(rounds, requests); err != nil {
				return protocols.Result{}, rounds, err
			}
		}
		if step.Done { // perhaps with a last round to whose replies nobody listens
			break
		}
		select {
		case r := <-c.exchange.Replies():
			step = c.operation.Answer(r.Round, r.Server, r.Message)
		case <-hedge.late():
			step = hedge.overdue()
		case <-ctx.Done():
			return protocols.Result{}, rounds, fmt.Errorf("%w in round %d: %w", ErrPending, rounds, ctx.Err())
		}
	}
	hedge.end()
	result, err := c.operation.Result()
	return result, rounds, err
}
