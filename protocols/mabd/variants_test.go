package mabd

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

var variants = []Protocol{{Variant: Unanimous}, {Variant: MetadataFirst}}

func TestVariantsOnRandomSchedules(t *testing.T) {
	for _, p := range variants {
		for faults := 1; faults <= 3; faults++ {
			prototest.Scenario{Protocol: p, Faults: faults, Seeds: 80}.Check(t)
		}
		prototest.CheckSequential(t, p)
	}
}

// When nothing interferes a READ has no write-back and, with metadata first, moves the value once.
func TestVariantsOfQuietReads(t *testing.T) {
	for _, p := range variants {
		c := prototest.New(t, p, 2, "modern", 1)
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		r := c.Client(2, protocols.Reader).Read("k")
		if got := c.Finish(r); string(got.Value) != "v" || r.Rounds() != len(p.Traits(2).Legs(protocols.Read)) {
			t.Errorf("%s: %+v in %d rounds", protocols.NameOf(p), got, r.Rounds())
		}
		c.Run()
		values := 0.
		for _, e := range r.Trace {
			if len(e.Payload) > 0 {
				values++
			}
		}
		want := p.Traits(2).Cost(protocols.Read)
		if p.Variant == Unanimous {
			values = float64(len(c.Servers)) // also those whose answers came after the end, of which there is no trace
		}
		if want.ClientToServers != 0 || values != want.ServersToClient {
			t.Errorf("%s: a READ moved %v values, the cost model says %+v", protocols.NameOf(p), values, want)
		}
	}
}

// The one server that knows of a value is asked for it and dies. The others know nothing, so nothing was complete: the
// READ must neither hang nor return what it cannot have.
func TestTheOnlyHolderDies(t *testing.T) {
	c := prototest.New(t, Protocol{Variant: MetadataFirst}, 1, "modern", 1)
	write := c.Client(1, protocols.Writer).Write("k", []byte("v"))
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 })
	c.Deliver(prototest.To(0))
	write.Abandon()
	c.Lose(prototest.Everything)

	read := c.Client(2, protocols.Reader).Read("k")
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 && e.Server != 2 })
	c.Crash(0)
	if got := c.Finish(read); !got.Bottom || read.Rounds() != 2 {
		t.Errorf("%+v after %d rounds, want ⊥ after 2", got, read.Rounds())
	}
}

// What the holder sends may be newer than what it told. Then no majority is known to have it, and it is written back.
func TestTheHolderHasMovedOn(t *testing.T) {
	c := prototest.New(t, Protocol{Variant: MetadataFirst}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("old")))
	c.Run()
	read := c.Client(2, protocols.Reader).Read("k")
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 })
	holder := c.Flying()[0].Server

	write := w.Write("k", []byte("new"))
	c.Deliver(func(e prototest.Envelope) bool { return write.Is(e) && (e.Round == 1 || e.Server == holder) })
	write.Abandon()
	c.Lose(write.Is)
	if got := c.Finish(read); string(got.Value) != "new" || read.Rounds() != 3 {
		t.Fatalf("%q after %d rounds, want the new value, written back in round 3", got.Value, read.Rounds())
	}
	c.Crash(holder)
	if got := c.Finish(c.Client(3, protocols.Reader).Read("k")); string(got.Value) != "new" {
		t.Errorf("the next READ, without that server: %q", got.Value)
	}
}
