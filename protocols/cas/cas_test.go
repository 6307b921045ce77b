package cas

import (
	"math"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/prototest"
)

func TestConform(t *testing.T) { prototest.Conform(t, Protocol{}) }

func TestServerRefuses(t *testing.T) {
	ts := protocols.Timestamp{Num: 1, PID: 1}
	w, r := protocols.Writer, protocols.Reader
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	c.CheckRefused(map[string]prototest.Request{
		"a reader's pre-write": prototest.From(r, &PreWrite{TS: ts, Length: 2}, []byte("v")),
		"no tag":               prototest.From(w, &PreWrite{Length: 2}, []byte("v")),
		"half a tag":           prototest.From(r, &Finalize{TS: protocols.Timestamp{Num: 1}}, nil),
		"a short element":      prototest.From(w, &PreWrite{TS: ts, Length: 9}, nil),
		"a huge value":         prototest.From(w, &PreWrite{TS: ts, Length: math.MaxUint64}, nil),
	})
	preWrite := protocols.Message{Body: &PreWrite{TS: ts, Length: 2}, Payload: []byte("v")}
	if _, err := c.Request(w, "k", 0, preWrite); err != nil {
		t.Errorf("a correct pre-write: %v", err)
	}
}

func TestImplausibleReplies(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("v")))
	c.CheckIgnored(w, func(honest protocols.Message) []protocols.Message {
		switch {
		case len(honest.Payload) > 0:
			return []protocols.Message{{Body: &Ack{Length: 1}, Payload: []byte("too long")}}
		case !honest.Body.(*Ack).TS.IsZero(): // of query
			return []protocols.Message{{Body: &Ack{TS: protocols.Timestamp{Num: 1}}}}
		}
		return nil
	})
}

// A READ asks for elements once a quorum has told it of tags. A quorum's answers then do not end it before k of them brought an
// element: a server that lost one must not make it fail.
func TestReadWaitsForElements(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	op := c.Register(2, protocols.Reader).Read("k", protocols.Heap{})
	op.Start()
	for server := range 3 {
		step := op.Answer(1, server, protocols.Message{Body: &Ack{TS: protocols.Timestamp{Num: 1, PID: 1}}})
		if asks := step.Next != nil; asks != (server == 2) {
			t.Errorf("after %d answers the READ asks for elements: %v", server+1, asks)
		}
	}
	empty := protocols.Message{Body: &Ack{}}
	elements, err := dispersal.Encode([]byte("value"), 1, protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	full := func(i int) protocols.Message {
		return protocols.Message{Body: &Ack{Length: 5}, Payload: elements[i]}
	}
	for server, reply := range []protocols.Message{full(0), empty, empty, full(3)} {
		if step := op.Answer(2, server, reply); step.Done != (server == 3) {
			t.Errorf("after %d answers the READ has ended: %v", server+1, step.Done)
		}
	}
	if got, err := op.Result(); err != nil || string(got.Value) != "value" {
		t.Errorf("READ: %q, %v", got.Value, err)
	}
}

// Only a server that lies knows the highest tag there is. A WRITE does not wrap around to a low one.
func TestExhaustedTagsAreDropped(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	op := c.Register(1, protocols.Writer).Write("k", nil, protocols.Heap{})
	op.Start()
	for server := range 4 {
		ts := protocols.Timestamp{Num: math.MaxUint64, PID: 9}
		if step := op.Answer(1, server, protocols.Message{Body: &Ack{TS: ts}}); step.Done || step.Next != nil {
			t.Errorf("after %d such answers: %+v", server+1, step)
		}
	}
}
