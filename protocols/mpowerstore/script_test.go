package mpowerstore_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
)

const key = protocols.Key("k")

// signed is compared with the one in kinds.
var signed = variants.Signed()

// kinds are the protocol with every kind of proofs.
var kinds = []protocols.Protocol{Protocol{}, variants.Polynomial(), signed}

// forging is a Byzantine server: the inner one, but for the replies that forge changes. Forge returns nil to keep the
// inner server's reply.
type forging struct {
	protocols.Server
	forge func(request protocols.Message, reply protocols.Message) *protocols.Message
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

// forge makes a server of the cluster Byzantine.
func forge(c *prototest.Cluster, server int, f func(request, reply protocols.Message) *protocols.Message) {
	inner := c.Servers[server]
	if old, ok := inner.(*forging); ok {
		inner = old.Server
	}
	c.Servers[server] = &forging{Server: inner, forge: f}
}

// forget makes a server claim that it knows of no write.
func forget(c *prototest.Cluster, server int) {
	forge(c, server, func(request, _ protocols.Message) *protocols.Message {
		switch request.Body.(type) {
		case *Clock:
			return &protocols.Message{Body: &ClockAck{}}
		case *Collect:
			return &protocols.Message{Body: &CollectAck{}}
		case *Filter:
			return &protocols.Message{Body: &FilterAck{}}
		}
		return nil
	})
}

// claim makes a server answer COLLECT with the candidate.
func claim(c *prototest.Cluster, server int, candidate Candidate) {
	forge(c, server, func(request, _ protocols.Message) *protocols.Message {
		if _, ok := request.Body.(*Collect); ok {
			return &protocols.Message{Body: &CollectAck{Candidate: candidate}}
		}
		return nil
	})
}

// leak runs a WRITE whose STORE reaches only the servers named and whose client dies when COMPLETE has reached one of
// them: the candidate that it returns is known to that server alone.
func leak(c *prototest.Cluster, w *prototest.Client, value string, stored []int, leaked int) Candidate {
	_, candidate := interrupted(c, w, value, stored, leaked)
	return candidate
}

// interrupted is leak, and returns the WRITE too.
func interrupted(c *prototest.Cluster, w *prototest.Client, value string, stored []int, leaked int) (
	write *prototest.Run, candidate Candidate,
) {
	write = w.Write(key, []byte(value))
	c.Deliver(func(e prototest.Envelope) bool { return write.Is(e) && e.Round == RoundClock })
	c.Deliver(func(e prototest.Envelope) bool {
		return write.Is(e) && e.Round == RoundStore && slices.Contains(stored, e.Server)
	})
	c.Deliver(func(e prototest.Envelope) bool {
		complete, ok := e.Body.(*Complete)
		if ok {
			candidate = complete.Candidate
		}
		return ok && write.Is(e) && e.Server == leaked
	})
	write.Abandon()
	c.Lose(write.Is)
	return write, candidate
}

// readFrom runs a READ that hears of the servers named, and of the others only if it cannot end without them. What it
// sent and nobody received is lost.
func readFrom(t *testing.T, c *prototest.Cluster, run *prototest.Run, servers ...int) protocols.Result {
	t.Helper()
	of := prototest.Of(servers...)
	c.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && of(e) })
	if !run.Done() {
		c.Deliver(run.Is)
	}
	c.Lose(run.Is)
	if !run.Done() {
		c.Fatalf("the READ does not end")
	}
	result, err := run.Result()
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// lcOf is the candidate that a server holds.
func lcOf(c *prototest.Cluster, server int, key protocols.Key) (lc Candidate) {
	if r, ok := c.Record(server, key, candidates.RecordLC); ok {
		if err := wire.Unmarshal(r.Body, &lc); err != nil {
			c.Fatalf("lc of s%d: %v", server+1, err)
		}
	}
	return lc
}

// spoilt is the candidate with all MACs of its vector wrong but those of the servers named.
func spoilt(c Candidate, right ...int) Candidate {
	vec := make([][]byte, len(c.Vec))
	for i := range vec {
		vec[i] = c.Vec[i]
		if !slices.Contains(right, i) {
			vec[i] = flipped(vec[i])
		}
	}
	c.Vec = vec
	return c
}

// flipped is b with one bit changed, if it has any.
func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) > 0 {
		b[len(b)/2] ^= 0x10
	}
	return b
}
