package phalanx

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
)

// What is signed otherwise is as good.
func TestSignaturesOnRandomSchedules(t *testing.T) {
	for _, variant := range []string{Ed25519, RSA} {
		p := Protocol{Variant: variant}
		prototest.Scenario{Protocol: p, Suite: "paper", Seeds: 3, Byzantine: lie}.Check(t)
		c := prototest.New(t, p, 1, "paper", 1)
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		record, _ := c.Record(0, "k", valueRecord)
		var d Datum
		err := wire.Unmarshal(record.Body, &d)
		if want := map[string]int{Ed25519: 64, RSA: 128}[variant]; err != nil || len(d.Signature) != want {
			t.Errorf("%s: a signature of %d bytes, %v, want %d", protocols.NameOf(p), len(d.Signature), err, want)
		}
		if c.Suite.Name() != "paper" || len(d.Hash) != 20 {
			t.Errorf("%s: a hash of %d bytes in suite %s, want the paper's", protocols.NameOf(p), len(d.Hash), c.Suite.Name())
		}
	}
}

// deserter tells the truth about its datum, but on GET it sends what the function makes of the value.
type deserter struct {
	protocols.Server
	send func(protocols.Message) protocols.Message
}

func (s deserter) Handle(from protocols.Role, key protocols.Key, m protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := s.Server.Handle(from, key, m, state)
	if _, ok := m.Body.(*Get); ok && err == nil {
		reply = s.send(reply)
	}
	return reply, records, err
}

// The server that is asked for its value sends another, or none. The READ asks the others, at once if it can tell.
func TestTheHolderLies(t *testing.T) {
	for name, test := range map[string]struct {
		send   func(protocols.Message) protocols.Message
		atOnce bool
	}{
		"another value": {func(m protocols.Message) protocols.Message {
			m.Payload = []byte("w")
			return m
		}, true},
		"a higher timestamp": {func(m protocols.Message) protocols.Message {
			ack := *m.Body.(*GetAck)
			ack.TS.Num++
			return protocols.Message{Body: &ack, Payload: m.Payload}
		}, true},
		"⊥":           {func(protocols.Message) protocols.Message { return protocols.Message{Body: &GetAck{}} }, true},
		"another ack": {func(protocols.Message) protocols.Message { return protocols.Message{Body: &PutAck{}} }, true},
		"nothing":     {func(protocols.Message) protocols.Message { return protocols.Message{} }, false},
	} {
		c := prototest.New(t, Protocol{Variant: MetadataFirst}, 1, "modern", 1)
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		c.Run()
		read := c.Client(2, protocols.Reader).Read("k")
		c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 })
		if n := len(c.Flying()); n != 1 {
			t.Fatalf("%s: %d servers are asked for the value first, want one", name, n)
		}
		holder := c.Flying()[0].Server
		c.Servers[holder] = deserter{c.Servers[holder], test.send}
		c.Deliver(prototest.Of(holder))
		if asked := len(c.Flying()); (asked == 3) != test.atOnce {
			t.Errorf("%s: then %d others are asked, at once should be %v", name, asked, test.atOnce)
		}
		if got := c.Finish(read); string(got.Value) != "v" || read.Rounds() != 2 {
			t.Errorf("%s: %+v in %d rounds", name, got, read.Rounds())
		}
	}
}

// onlyLiar is a cluster in which "old" is at all servers, "v" is complete but not at s4, and "new" is at s1 alone, a liar,
// whose writer died; with a READ that has heard of "new" and asks the liar for it. Send is what the liar then sends.
func onlyLiar(t *testing.T, send protocols.Message) (*prototest.Cluster, *prototest.Run) {
	t.Helper()
	c := prototest.New(t, Protocol{Variant: MetadataFirst}, 1, "modern", 1)
	c.Servers[0] = deserter{c.Servers[0], func(protocols.Message) protocols.Message { return send }}
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("old")))
	c.Run()
	c.Hold(prototest.Of(3))
	c.Finish(w.Write("k", []byte("v")))
	c.Lose(prototest.Everything)
	c.Release()
	write := w.Write("k", []byte("new"))
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 || e.Server == 0 })
	write.Abandon()
	c.Lose(prototest.Everything)

	read := c.Client(2, protocols.Reader).Read("k")
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 && e.Server != 2 })
	if flying := c.Flying(); flying[len(flying)-1].Server != 0 {
		t.Fatalf("the liar alone has the newest value and is not asked for it: %v", flying)
	}
	return c, read
}

// A writer dies when only a liar has its value, and the liar keeps it to itself. Nothing of it was complete: the READ
// must neither hang nor return what it cannot have, but what was complete before.
func TestOnlyALiarHoldsTheValue(t *testing.T) {
	for name, send := range map[string]protocols.Message{"⊥": {Body: &GetAck{}}, "nothing": {}} {
		c, read := onlyLiar(t, send)
		if got := c.Finish(read); string(got.Value) != "v" || read.Rounds() != 3 {
			t.Errorf("the liar sends %s: %q after %d rounds, want v, written back in round 3", name, got.Value, read.Rounds())
		}
	}
}

// The liar and the server that lags are no quorum.
func TestFallingBackNeedsAQuorum(t *testing.T) {
	c, read := onlyLiar(t, protocols.Message{Body: &GetAck{}})
	c.Deliver(prototest.Of(0))
	c.Deliver(func(e prototest.Envelope) bool { return e.Server == 3 && e.Round == 2 })
	if read.Rounds() != 2 {
		t.Fatalf("the READ goes on after the values of two servers")
	}
	if got := c.Finish(read); string(got.Value) != "v" {
		t.Errorf("%q, want v", got.Value)
	}
}
