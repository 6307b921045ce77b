package powerstore

import (
	"bytes"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/prototest"
)

const key = protocols.Key("k")

// both are the protocol with either kind of proofs.
var both = []Protocol{{}, {Polynomial: true}}

// paramsOf is what all processes of the cluster know.
func paramsOf(c *prototest.Cluster) params { return c.Register(1, protocols.Reader).(*register).params }

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
		case *Collect:
			return &protocols.Message{Body: &CollectAck{}}
		case *Filter:
			return &protocols.Message{Body: &FilterAck{}}
		}
		return nil
	})
}

// claim makes a server answer COLLECT with the candidates.
func claim(c *prototest.Cluster, server int, candidates ...Candidate) {
	forge(c, server, func(request, _ protocols.Message) *protocols.Message {
		if _, ok := request.Body.(*Collect); ok {
			return &protocols.Message{Body: &CollectAck{Candidates: candidates}}
		}
		return nil
	})
}

// interrupt runs a WRITE whose STORE reaches only the servers named and whose client dies when COMPLETE has reached
// those named then: none of them if STORE has not reached a quorum. It returns the candidate.
func interrupt(c *prototest.Cluster, w *prototest.Client, value string, stored, completed []int) Candidate {
	op := w.Register.Write(key, []byte(value), protocols.Heap{}).(*writer)
	write := c.Start(w, key, protocols.Write, []byte(value), op)
	for round, servers := range [][]int{stored, completed} {
		of := prototest.Of(servers...)
		c.Deliver(func(e prototest.Envelope) bool { return write.Is(e) && e.Round == round+1 && of(e) })
	}
	write.Abandon()
	c.Lose(write.Is)
	return op.candidate
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

// ask hands a server one request.
func ask(t *testing.T, c *prototest.Cluster, from protocols.Role, server int, body protocols.Body) protocols.Message {
	t.Helper()
	reply, err := c.Request(from, key, server, protocols.Message{Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// lcOf is the candidate that a server holds as completed; backOf is its LC.
func lcOf(t *testing.T, c *prototest.Cluster, server int) (lc Candidate) {
	t.Helper()
	load(t, c, server, candidates.RecordLC, &lc)
	return lc
}

func backOf(t *testing.T, c *prototest.Cluster, server int) (back []Candidate) {
	t.Helper()
	load(t, c, server, recordBack, &back)
	return back
}

func load(t *testing.T, c *prototest.Cluster, server int, name string, into any) {
	t.Helper()
	if r, ok := c.Record(server, key, name); ok {
		if err := wire.Unmarshal(r.Body, into); err != nil {
			t.Fatal(err)
		}
	}
}

// same reports whether c and o agree in everything.
func (c Candidate) same(o Candidate) bool {
	return c.TS.Equal(o.TS) && bytes.Equal(c.Nonce, o.Nonce)
}

// bogus is a candidate that nobody wrote.
func bogus(c *prototest.Cluster, num uint64) Candidate {
	ts := protocols.Timestamp{Num: num, PID: theWriter}
	return Candidate{TS: ts, Nonce: slices.Repeat([]byte{byte(num)}, paramsOf(c).pow.SecretSize())}
}

// flipped is b with one bit changed.
func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 0x10
	return b
}
