// Package client drives operations over real links: the one place where a protocol's rounds meet the network. It
// imports transport and protocols/play; package agent and those who offer single operations import it.
package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/transport"
)

// ErrPending says that an operation was given up: it may or may not have taken effect.
var ErrPending = errors.New("operation pending")

// A Client runs one client's operations, one at a time.
type Client struct {
	links         *transport.Links
	register      protocols.Register
	liars         int
	reads, writes pace
}

// New returns a client that speaks as register over the links, which several clients may share, to servers of which no
// more than liars lie.
func New(links *transport.Links, register protocols.Register, liars int) *Client {
	return &Client{links: links, register: register, liars: liars}
}

// An Outcome is a completed operation. Its result lives until Release.
type Outcome struct {
	protocols.Result
	Rounds result.Rounds
	// Most counts what the operation moved until it ended, including what has yet to leave.
	Most result.Most

	exchange *transport.Exchange
}

// Release gives the operation's memory back; the result's value must not be used any more.
func (o *Outcome) Release() { o.exchange.End() }

// A Call is an operation that is ready to run: its value, if any, is laid out, and the protocol has not begun, so that all
// that it does counts as the operation's time.
type Call struct {
	exchange *transport.Exchange
	begin    func() protocols.Operation
	servers  int
	driver   *play.Driver // nil before begin
	liars    int
	watch    watch
	reach    reach
}

// Read prepares a READ of key.
func (c *Client) Read(key protocols.Key) Call {
	x := c.links.Begin(key)
	return c.call(x, func() protocols.Operation { return c.register.Read(key, x.Memory()) }, &c.reads)
}

// Write prepares a WRITE to key of a value of size bytes, which fill lays out.
func (c *Client) Write(key protocols.Key, size int, fill func(value []byte)) Call {
	x := c.links.Begin(key)
	value := x.Memory().Bytes(size)
	fill(value)
	return c.call(x, func() protocols.Operation { return c.register.Write(key, value, x.Memory()) }, &c.writes)
}

// Attack prepares what begin begins on the key, in place of a WRITE.
func (c *Client) Attack(key protocols.Key, begin func(protocols.Memory) protocols.Operation) Call {
	x := c.links.Begin(key)
	return c.call(x, func() protocols.Operation { return begin(x.Memory()) }, &c.writes)
}

func (c *Client) call(x *transport.Exchange, begin func() protocols.Operation, p *pace) Call {
	return Call{exchange: x, begin: begin, servers: c.links.Servers(), liars: c.liars, watch: watch{pace: p}}
}

// Run drives the operation to its end. If ctx ends first the operation is given up and the error is ErrPending.
func (c Call) Run(ctx context.Context) (*Outcome, error) {
	r, err := c.drive(ctx)
	if err != nil {
		c.exchange.End()
		return nil, err
	}
	o := &Outcome{Result: r, exchange: c.exchange}
	o.Rounds.Data, o.Rounds.Metadata = c.driver.Rounds(c.liars)
	sent, received := c.exchange.Sent(), c.exchange.Received()
	o.Most.Messages = result.Traffic{ClientToServer: int64(sent.Messages), ServerToClient: int64(received.Messages)}
	o.Most.Bytes = result.Traffic{ClientToServer: int64(sent.Bytes), ServerToClient: int64(received.Bytes)}
	return o, nil
}

func (c *Call) drive(ctx context.Context) (protocols.Result, error) {
	c.driver = play.New(c.begin(), c.servers)
	requests, err := c.driver.Start()
	for {
		if err == nil && requests.To != nil {
			err = c.send(requests)
		}
		if err != nil {
			return protocols.Result{}, err
		}
		if c.driver.Done() {
			c.watch.end()
			c.exchange.EndStreams()
			return c.driver.Result()
		}
		if err := c.reach.check(c.driver.Round()); err != nil {
			return protocols.Result{}, err
		}
		select {
		case r := <-c.exchange.Replies():
			c.reach.hear(r.Round, r.Server)
			requests, err = c.driver.Answer(r.Round, r.Server, r.Message)
		case <-c.watch.late:
			requests, err = c.driver.Overdue(c.watch.overdue())
		case <-ctx.Done():
			return protocols.Result{}, c.givenUp(ctx.Err())
		}
	}
}

// givenUp says in which round the operation ended that waited no longer, and who did not answer.
func (c *Call) givenUp(why error) error {
	silent := ""
	for _, server := range c.driver.Silent() {
		silent += "; no answer of " + c.exchange.Name(server)
	}
	return fmt.Errorf("%w in round %d: %w%s", ErrPending, c.driver.Round(), why, silent)
}

func (c *Call) send(q play.Requests) error {
	if q.Begins && c.driver.Hedged(q.Round) {
		c.watch.begin(q.Round)
	}
	if c.driver.Streams(q.Round) {
		c.exchange.Stream(q.Round)
	}
	return c.exchange.Send(q.Round, c.reach.limit(q))
}
