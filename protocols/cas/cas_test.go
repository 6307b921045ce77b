package cas

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/prototest"
)

func TestRandomSchedules(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 80}.Check(t)
	}
}

func TestSequentialOperations(t *testing.T) { prototest.CheckSequential(t, Protocol{}) }

// The publication's arithmetic: quorums of ⌈(N+k)/2⌉ share k servers, and one is left when f servers have crashed.
func TestQuorums(t *testing.T) {
	for f := 1; f <= 30; f++ {
		n, k, q := Protocol{}.Traits(f).Servers, dispersal.Data(f), Protocol{}.Traits(f).Quorum
		if k > n-2*f || q != (n+k+1)/2 || q != 2*f+1 || 2*q-n < k || q > n-f {
			t.Errorf("f=%d: quorums of %d among %d servers, and a code of %d elements", f, q, n, k)
		}
	}
}

func TestWriteThenRead(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
	if got := c.Finish(r.Read("k")); !got.Bottom || got.Value != nil || !got.Timestamp.IsZero() {
		t.Errorf("READ before any WRITE: %+v, want ⊥", got)
	}
	for i, value := range []string{"v", "", strings.Repeat("long", 1000)} {
		write := w.Write("k", []byte(value))
		if got := c.Finish(write); got.Timestamp != (protocols.Timestamp{Num: uint64(i) + 1, PID: 1}) || write.Rounds() != 3 {
			t.Errorf("WRITE %d: %+v after %d rounds", i+1, got, write.Rounds())
		}
		read := r.Read("k")
		if got := c.Finish(read); string(got.Value) != value || got.Bottom || got.Value == nil || read.Rounds() != 2 {
			t.Errorf("READ: %.20q, ⊥ %v, after %d rounds, want %.20q", got.Value, got.Bottom, read.Rounds(), value)
		}
	}
}

// A WRITE finalizes its tag at one server and its client dies. The READ that sees the value must finalize it at a
// quorum, so that another one, which does not hear of that server, returns it as well.
func TestReadHelps(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	write := c.Client(1, protocols.Writer).Write("k", []byte("v"))
	c.Deliver(func(e prototest.Envelope) bool { return e.Round < 3 })
	c.Deliver(prototest.To(0))
	write.Abandon()
	c.Lose(prototest.Everything)

	reader := c.Client(2, protocols.Reader)
	c.Hold(prototest.Of(3))
	if got := c.Finish(reader.Read("k")); string(got.Value) != "v" {
		t.Fatalf("first READ: %+v, want v", got)
	}
	c.Lose(prototest.Everything)
	c.Release()
	c.Hold(prototest.Of(0))
	if got := c.Finish(reader.Read("k")); string(got.Value) != "v" {
		t.Errorf("second READ, without the server the WRITE reached: %+v, want v", got)
	}
}

// A WRITE that was given up left elements under a tag that was never finalized, so that query does not tell of it.
func TestTagsAreNotReused(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	lost := w.Write("k", []byte("lost"))
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 })
	c.Deliver(prototest.To(0))
	lost.Abandon()
	c.Lose(prototest.Everything)
	if got := c.Finish(w.Write("k", []byte("next"))); got.Timestamp.Num != 2 {
		t.Errorf("the next WRITE has tag %v, want 2.1: 1.1 belongs to the lost one", got.Timestamp)
	}
}

// A quorum's answers do not end a READ before k of them brought an element: a server that lost one must not make it fail.
func TestReadWaitsForElements(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	op := c.Register(2, protocols.Reader).Read("k", protocols.Heap{})
	op.Start()
	for server := range 3 {
		op.Answer(1, server, protocols.Message{Body: &Ack{TS: protocols.Timestamp{Num: 1, PID: 1}}})
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

// No answer of another round or shape ends a round, nor derails the operation.
func TestRepliesOfAnotherShapeAreDropped(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	reg := c.Register(1, protocols.Writer)
	for _, op := range []protocols.Operation{reg.Read("k", protocols.Heap{}), reg.Write("k", nil, protocols.Heap{})} {
		op.Start()
		for _, reply := range []protocols.Message{
			{},
			{Payload: []byte("v")},
			{Body: &Query{}},
			{Body: &PreWrite{}},
			{Body: &Ack{TS: protocols.Timestamp{Num: 1}}},
		} {
			for server := range 4 {
				if step := op.Answer(1, server, reply); step.Done || step.Next != nil {
					t.Fatalf("%T took %+v of server %d for an answer", op, reply.Body, server+1)
				}
			}
		}
		for server := range 4 { // the answers of a quorum, and one that is late
			step := op.Answer(1, server, protocols.Message{Body: &Ack{TS: protocols.Timestamp{Num: 1, PID: 1}}})
			if begins := step.Next != nil; begins != (server == 2) {
				t.Fatalf("%T: after %d answers the next round begins: %v", op, server+1, begins)
			}
		}
	}
	read := reg.Read("k", protocols.Heap{})
	read.Start()
	for server := range 4 {
		read.Answer(1, server, protocols.Message{Body: &Ack{TS: protocols.Timestamp{Num: 1, PID: 1}}})
	}
	for server := range 4 {
		long := protocols.Message{Body: &Ack{Length: 1}, Payload: []byte("too long")}
		if step := read.Answer(2, server, long); step.Done || step.Next != nil {
			t.Fatal("a READ took an element of the wrong length")
		}
	}
}

func TestServerRefuses(t *testing.T) {
	ts := protocols.Timestamp{Num: 1, PID: 1}
	half := protocols.Timestamp{Num: 1}
	good := protocols.Message{Body: &PreWrite{TS: ts, Length: 2}, Payload: []byte("v")}
	for name, request := range map[string]struct {
		from protocols.Role
		key  string
		m    protocols.Message
	}{
		"a reply":              {protocols.Writer, "k", protocols.Message{Body: &Ack{}}},
		"no body":              {protocols.Writer, "k", protocols.Message{}},
		"a long key":           {protocols.Writer, strings.Repeat("k", protocols.MaxKeyBytes+1), good},
		"a reader's pre-write": {protocols.Reader, "k", good},
		"no tag":               {protocols.Writer, "k", protocols.Message{Body: &PreWrite{Length: 2}, Payload: good.Payload}},
		"half a tag":           {protocols.Reader, "k", protocols.Message{Body: &Finalize{TS: half}}},
		"a short element":      {protocols.Writer, "k", protocols.Message{Body: &PreWrite{TS: ts, Length: 9}}},
		"a huge value":         {protocols.Writer, "k", protocols.Message{Body: &PreWrite{TS: ts, Length: math.MaxUint64}}},
	} {
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		if _, err := c.Request(request.from, protocols.Key(request.key), 0, request.m); !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	if _, err := c.Request(protocols.Writer, "k", 0, good); err != nil {
		t.Errorf("a correct pre-write: %v", err)
	}
}

func TestOperationsThatCannotBegin(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
	writer := c.Client(2, protocols.Writer)
	for name, run := range map[string]*prototest.Run{
		"a reader's WRITE":       c.Client(1, protocols.Reader).Write("k", nil),
		"READ of a long key":     writer.Read(long),
		"WRITE to a long key":    writer.Write(long, nil),
		"WRITE of a large value": writer.Write("k", make([]byte, protocols.MaxValueBytes+1)),
	} {
		if _, err := run.Result(); len(c.Flying()) > 0 || !run.Done() || err == nil {
			t.Errorf("%s begins", name)
		}
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
