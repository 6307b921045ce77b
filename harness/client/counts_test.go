package client_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/workloads"
)

// large is a value beside which all else is small.
const large = 256 << 10

// modelOf is the rounds of the cost model at t = 1.
func modelOf(p protocols.Protocol, op protocols.Op) (r result.Rounds) {
	r.Data, r.Metadata = p.Traits(1).Rounds(op)
	return r
}

// Every protocol and variant takes the rounds of its legs and the bytes of the cost model: so does the first WRITE, a
// second one, and a READ. A protocol has a message to and from each server in each round; a variant may have fewer.
func TestCounts(t *testing.T) {
	for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
		t.Run(protocols.NameOf(p), func(t *testing.T) {
			c := newCluster(t, p)
			links := c.links(protocols.Writer)
			w := c.client(links, protocols.Writer, 1)
			write := func() client.Call { return w.Write("k", large, func([]byte) {}) }
			c.wantCounts(links, protocols.Write, write())
			c.wantCounts(links, protocols.Write, write())
			c.wantCounts(links, protocols.Read, w.Read("k"))
		})
	}
}

// wantCounts runs an operation from rest to rest and compares what was counted with the cost model.
func (c *cluster) wantCounts(links *transport.Links, op protocols.Op, call client.Call) {
	c.t.Helper()
	before := links.Traffic()
	outcome, err := call.Run(c.soon())
	if err != nil {
		c.t.Fatal(err)
	}
	outcome.Release()
	if err := links.Quiesce(c.soon()); err != nil {
		c.t.Fatal(err)
	}
	after := links.Traffic()
	model := modelOf(c.protocol, op)
	if outcome.Rounds != model {
		c.t.Errorf("%s: rounds %v, want %v", op, outcome.Rounds, model)
	}
	cost := c.protocol.Traits(1).Cost(op)
	messages := uint64(model.Total() * len(c.addrs))
	_, variant := protocols.SplitName(protocols.NameOf(c.protocol))
	asksAll := variant == protocols.Paper
	if got := outcome.Most.Messages; asksAll && got.ClientToServer != int64(messages) || got.ServerToClient > got.ClientToServer {
		c.t.Errorf("%s: %+v when it ended, want %d requests", op, got, messages)
	}
	for direction, d := range map[string]struct {
		from, to transport.Count
		model    float64
	}{
		"requests": {before.Sent, after.Sent, cost.ClientToServers},
		"replies":  {before.Received, after.Received, cost.ServersToClient},
	} {
		if got := d.to.Messages - d.from.Messages; asksAll && got != messages {
			c.t.Errorf("%s: %d %s, want %d", op, got, direction, messages)
		}
		if got := float64(d.to.Bytes-d.from.Bytes) / large; math.Abs(got-d.model) > 0.03*max(1, d.model) {
			c.t.Errorf("%s: %s of %.3f values, want %.3f", op, direction, got, d.model)
		}
	}
}

// A serverFunc takes a server's messages in its stead.
type serverFunc func(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error)

func (f serverFunc) Handle(from protocols.Role, key protocols.Key, m protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	e, err := f(protocols.Incoming{Role: from, Key: key, Message: m}, state)
	return e.Reply, e.Records, err
}

func (f serverFunc) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	return f(in, state)
}

// One lying server adds a payload to all that it says, or leaves it out: no round changes its kind.
func TestLiarsDoNotChangeTheCount(t *testing.T) {
	for name, payload := range map[string][]byte{"adds": make([]byte, 1000), "leaves out": nil} {
		for _, p := range catalog.All() {
			if p.Traits(1).LyingServers == 0 {
				continue
			}
			t.Run(protocols.NameOf(p)+" "+name, func(t *testing.T) {
				c := newFaulty(t, p, func(index int, s protocols.Server) protocols.Server {
					return serverFunc(func(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
						e, err := protocols.Take(s, in, state)
						if index == 0 && e.Reply.Body != nil {
							e.Reply.Payload = payload
						}
						for i := range e.Later {
							if index == 0 {
								e.Later[i].Payload = payload
							}
						}
						return e, err
					})
				})
				links := c.links(protocols.Writer)
				w := c.client(links, protocols.Writer, 1)
				c.wantRounds(w.Write("k", large, func([]byte) {}), modelOf(p, protocols.Write))
				if err := links.Quiesce(c.soon()); err != nil {
					t.Fatal(err)
				}
				c.hold(3) // so that the liar is heard
				c.wantRounds(w.Write("k", large, func([]byte) {}), modelOf(p, protocols.Write))
				c.release()
				if err := links.Quiesce(c.soon()); err != nil { // a READ may have to repair at who lags behind
					t.Fatal(err)
				}
				c.wantRounds(w.Read("k"), modelOf(p, protocols.Read))
			})
		}
	}
}

func (c *cluster) wantRounds(call client.Call, want result.Rounds) {
	c.t.Helper()
	outcome, err := call.Run(c.soon())
	if err != nil {
		c.t.Fatal(err)
	}
	defer outcome.Release()
	if outcome.Rounds != want {
		c.t.Errorf("rounds %v, want %v", outcome.Rounds, want)
	}
}

// A server that spoils the MACs of the candidate it reports makes a READ write the right ones back: D+2d, the paper's
// worst case. For that no other server may know the candidate: the writer dies when this one alone has its COMPLETE.
func TestThirdRoundUnderAttack(t *testing.T) {
	attack, err := catalog.Attack("B6")
	if err != nil {
		t.Fatal(err)
	}
	p, suite := mpowerstore.Protocol{}, suite.Modern()
	var dying atomic.Bool
	completed := make(chan struct{})
	c := newFaulty(t, p, func(index int, s protocols.Server) protocols.Server {
		if index == 0 {
			s = attack.Server(byzantine.Part{
				Protocol: p, T: 1, Suite: suite, Index: index, Dice: byzantine.NewDice(workloads.Derive(1)), Loot: new(byzantine.Loot),
			}, s)
		}
		return serverFunc(func(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
			if _, complete := in.Body.(*mpowerstore.Complete); complete && dying.Load() {
				if index > 0 {
					return protocols.Effects{}, nil // it never comes
				}
				defer close(completed)
			}
			return protocols.Take(s, in, state)
		})
	})
	links := c.links(protocols.Writer)
	w := c.client(links, protocols.Writer, 1)
	c.write(w, "before")
	if err := links.Quiesce(c.soon()); err != nil {
		t.Fatal(err)
	}
	dying.Store(true)
	ctx, cancel := context.WithCancel(c.soon())
	go func() {
		<-completed
		cancel()
	}()
	if _, err := w.Write("k", large, func([]byte) {}).Run(ctx); !errors.Is(err, client.ErrPending) {
		t.Fatalf("the WRITE that one server saw complete: %v", err)
	}
	c.hold(3) // so that the liar is heard
	r := c.client(c.links(protocols.Reader), protocols.Reader, 2)
	c.wantRounds(r.Read("k"), result.Rounds{Data: 1, Metadata: 2})
	c.wantRounds(r.Read("k"), result.Rounds{Data: 1, Metadata: 1})
}
