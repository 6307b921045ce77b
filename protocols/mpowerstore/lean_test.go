package mpowerstore_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
)

// roundFetch takes the place of REPAIR.
const roundFetch = RoundFilter + 1

func TestLeanOnRandomSchedules(t *testing.T) {
	for _, x := range []struct{ faults, seeds int }{{1, 80}, {2, 25}, {3, 8}} {
		t.Run(fmt.Sprintf("t=%d", x.faults), func(t *testing.T) {
			l := &liars{}
			s := prototest.Scenario{Protocol: variants.Lean(), Faults: x.faults, Seeds: x.seeds, Byzantine: l.join}
			s.Check(t)
		})
	}
}

// lean is a cluster that holds "v" and a READ whose COLLECT has ended and whose FILTER nobody has seen, with the servers
// that are asked for their fragments and those that are spared.
func lean(t *testing.T) (c *prototest.Cluster, read *prototest.Run, asked, spared []int) {
	t.Helper()
	c = prototest.New(t, variants.Lean(), 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write(key, []byte("v")))
	c.Run()
	read = c.Client(2, protocols.Reader).Read(key)
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == RoundCollect })
	for _, e := range c.Flying() {
		if e.Body.(*Filter).Brief {
			spared = append(spared, e.Server)
		} else {
			asked = append(asked, e.Server)
		}
	}
	if len(asked) != 2 || len(spared) != 2 {
		t.Fatalf("t = 1: servers %v are asked for fragments, %v are not", asked, spared)
	}
	return c, read, asked, spared
}

// fragments is how many came, and in which rounds.
func fragments(read *prototest.Run) (rounds []int) {
	for _, e := range read.Trace {
		if e.Reply && len(e.Payload) > 0 {
			rounds = append(rounds, e.Round)
		}
	}
	return rounds
}

// Over keys, all servers are asked.
func TestLeanSpreads(t *testing.T) {
	c := prototest.New(t, variants.Lean(), 1, "modern", 1)
	counts := make([]int, len(c.Servers))
	for i := range 40 {
		k := protocols.Key(fmt.Sprint(i))
		c.Finish(c.Client(1, protocols.Writer).Write(k, []byte("v")))
		read := c.Client(2, protocols.Reader).Read(k)
		c.Finish(read)
		c.Run()
		for _, e := range read.Trace {
			if f, ok := e.Body.(*Filter); ok && !f.Brief {
				counts[e.Server]++
			}
		}
	}
	if slices.Min(counts) < 10 {
		t.Errorf("of 80 requests for fragments the servers got %v", counts)
	}
}

// A wrong fragment is noticed at once, a missing one when the round is overdue. Then the others are asked for theirs.
func TestLeanFetches(t *testing.T) {
	for name, test := range map[string]struct {
		forge  func(request, reply protocols.Message) *protocols.Message
		atOnce bool
	}{
		"wrong fragment": {func(_, reply protocols.Message) *protocols.Message {
			return &protocols.Message{Body: reply.Body, Payload: prototest.Flipped(reply.Payload)}
		}, true},
		"ts0": {func(protocols.Message, protocols.Message) *protocols.Message {
			return &protocols.Message{Body: &FilterAck{}}
		}, true},
		"no fragment": {func(_, reply protocols.Message) *protocols.Message {
			return &protocols.Message{Body: reply.Body}
		}, false},
		"nothing": {func(protocols.Message, protocols.Message) *protocols.Message { return &protocols.Message{} }, false},
	} {
		c, read, asked, spared := lean(t)
		c.Forge(asked[0], test.forge)
		c.Deliver(read.Is)
		if read.Done() != test.atOnce {
			t.Errorf("%s: ended before the round was overdue: %v, want %v", name, read.Done(), test.atOnce)
		}
		if got := c.Finish(read); string(got.Value) != "v" || read.Rounds() != roundFetch {
			t.Errorf("%s: %+v in %d rounds", name, got, read.Rounds())
		}
		for _, e := range read.Trace {
			if _, ok := e.Body.(*variants.Fetch); ok && !slices.Contains(spared, e.Server) {
				t.Errorf("%s: FETCH to server %d, which was asked in FILTER", name, e.Server+1)
			}
		}
	}
}

// A fragment may come before the answer to FILTER that says what it belongs to.
func TestLeanFetchOvertakesFilter(t *testing.T) {
	c, read, asked, spared := lean(t)
	forget(c, asked[0])
	late := func(e prototest.Envelope) bool {
		return e.Server == spared[0] && e.Round == roundFetch || e.Server == spared[1] && e.Round == RoundFilter
	}
	c.Deliver(func(e prototest.Envelope) bool { return !late(e) })
	if got := fragments(read); read.Done() || !slices.Equal(got, []int{RoundFilter, roundFetch}) {
		t.Fatalf("done: %v, fragments in rounds %v, want one in each of FILTER and FETCH", read.Done(), got)
	}
	c.Deliver(prototest.Of(spared[1]))
	if got, _ := read.Result(); !read.Done() || string(got.Value) != "v" {
		t.Errorf("done: %v, %+v", read.Done(), got)
	}
}

// REPAIR comes after FETCH, as a fourth round.
func TestLeanRepairs(t *testing.T) {
	c := prototest.New(t, variants.Lean(), 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write(key, []byte("v")))
	c.Run()
	read := c.Client(2, protocols.Reader).Read(key)
	for i := range c.Servers {
		claim(c, i, spoilt(lcOf(c, 0, key)))
	}
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == RoundCollect })
	for _, e := range c.Flying() {
		if !e.Body.(*Filter).Brief {
			c.Forge(e.Server, func(_, reply protocols.Message) *protocols.Message {
				return &protocols.Message{Body: reply.Body, Payload: prototest.Flipped(reply.Payload)}
			})
			break
		}
	}
	if got := c.Finish(read); string(got.Value) != "v" || read.Rounds() != 4 {
		t.Errorf("%+v in %d rounds, want 4", got, read.Rounds())
	}
}
