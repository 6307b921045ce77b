package mabd

import (
	"errors"
	"math"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// A server acknowledges an older value, and the same one again, and keeps what it has.
func TestServerKeepsTheHighest(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	for _, put := range []struct {
		num   uint64
		value string
		kept  string
	}{{2, "b", "b"}, {1, "a", "b"}, {2, "B", "b"}, {3, "c", "c"}} {
		ts := protocols.Timestamp{Num: put.num, PID: 1}
		m := protocols.Message{Body: &Put{TS: ts}, Payload: []byte(put.value)}
		reply, err := c.Request(protocols.Reader, "k", 0, m)
		if _, ok := reply.Body.(*PutAck); !ok || err != nil {
			t.Errorf("PUT of %v: %T, %v", ts, reply.Body, err)
		}
		if r, _ := c.Record(0, "k", valueRecord); string(r.Payload) != put.kept {
			t.Errorf("after PUT of %v the server has %q, want %q", ts, r.Payload, put.kept)
		}
	}
}

// M-ABD has no defence against a lying server: this is where the paper's protocol differs. The WRITE must at least say
// so and not wrap around to a low timestamp.
func TestExhaustedTimestampsAreAnError(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	op := c.Register(1, protocols.Writer).Write("k", nil, protocols.Heap{})
	op.Start()
	op.Answer(1, 0, protocols.Message{Body: &GetTSAck{}})
	step := op.Answer(1, 1, protocols.Message{Body: &GetTSAck{TS: protocols.Timestamp{Num: math.MaxUint64, PID: 9}}})
	if _, err := op.Result(); !step.Done || !errors.Is(err, protocols.ErrExhausted) {
		t.Errorf("step %+v, error %v", step, err)
	}
}

func TestServerRefuses(t *testing.T) {
	w := protocols.Writer
	prototest.New(t, Protocol{}, 1, "modern", 1).CheckRefused(map[string]prototest.Request{
		"ts0":       prototest.From(w, &Put{}, nil),
		"half a ts": prototest.From(w, &Put{TS: protocols.Timestamp{Num: 1}}, nil),
		"the rest":  prototest.From(w, &Put{TS: protocols.Timestamp{PID: 1}}, nil),
		"too long":  prototest.From(w, &Put{TS: protocols.Timestamp{Num: 1, PID: 1}}, make([]byte, protocols.MaxValueBytes+1)),
	})
}

func TestImplausibleReplies(t *testing.T) {
	for _, variant := range []string{"", Unanimous, MetadataFirst} {
		c := prototest.New(t, Protocol{Variant: variant}, 1, "modern", 1)
		w := c.Client(1, protocols.Writer)
		c.Finish(w.Write("k", []byte("v")))
		c.CheckIgnored(w, func(honest protocols.Message) []protocols.Message {
			switch honest.Body.(type) {
			case *GetTSAck:
				return []protocols.Message{{Body: &GetTSAck{TS: protocols.Timestamp{Num: 1}}}}
			case *GetAck:
				huge := make([]byte, protocols.MaxValueBytes+1)
				return []protocols.Message{
					{Body: &GetAck{TS: protocols.Timestamp{PID: 1}}},
					{Body: &GetAck{}, Payload: []byte("⊥ with a value")},
					{Body: &GetAck{TS: protocols.Timestamp{Num: 1, PID: 1}}, Payload: huge},
				}
			case *PutAck: // what would be right in the round before
				ts := protocols.Timestamp{Num: 1, PID: 1}
				return []protocols.Message{{Body: &GetTSAck{TS: ts}}, {Body: &GetAck{TS: ts}, Payload: []byte("v")}}
			}
			return nil
		})
	}
}

// A READ writes back, unless the variant says that it need not where all of its quorum agree.
func TestWhoWritesBack(t *testing.T) {
	for variant, want := range map[string][2]int{"": {2, 2}, Unanimous: {1, 2}} {
		for i, reached := range []int{3, 1} {
			got, rounds := prototest.New(t, Protocol{Variant: variant}, 1, "modern", 1).ReadAfterDeath(reached)
			if string(got.Value) != "v" || rounds != want[i] {
				t.Errorf("%q, the WRITE reached %d: %+v after %d rounds, want v after %d", variant, reached, got, rounds, want[i])
			}
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
