package phalanx

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

func TestRandomSchedules(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 40}.Check(t)
	}
	prototest.Scenario{Protocol: Protocol{}, Suite: "paper", Seeds: 10}.Check(t)
}

func TestSequentialOperations(t *testing.T) { prototest.CheckSequential(t, Protocol{}) }

func TestWriteThenRead(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)

	bottom := r.Read("k")
	if got := c.Finish(bottom); !got.Bottom || got.Value != nil || !got.Timestamp.IsZero() {
		t.Errorf("READ before any WRITE: %+v, want ⊥", got)
	}
	if bottom.Rounds() != 1 {
		t.Errorf("READ of ⊥ took %d rounds, want 1: there is nothing to write back", bottom.Rounds())
	}

	write := w.Write("k", []byte("v"))
	if got := c.Finish(write); got.Timestamp != (protocols.Timestamp{Num: 1, PID: 1}) || got.Value != nil {
		t.Errorf("WRITE: %+v, want timestamp 1.1 and no value", got)
	}
	read := r.Read("k")
	if got := c.Finish(read); string(got.Value) != "v" || got.Timestamp.Num != 1 {
		t.Errorf("READ: %+v, want v", got)
	}
	if write.Rounds() != 2 || read.Rounds() != 2 {
		t.Errorf("WRITE took %d rounds, READ %d, want 2 and 2", write.Rounds(), read.Rounds())
	}
	if got := c.Finish(r.Read("other")); !got.Bottom {
		t.Errorf("READ of another key: %+v, want ⊥", got)
	}
}

func TestEmptyValueIsNotBottom(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write("k", nil))
	if got := c.Finish(c.Client(2, protocols.Reader).Read("k")); got.Bottom || got.Value == nil || len(got.Value) != 0 {
		t.Errorf("READ of the empty value: %+v", got)
	}
}

// A WRITE reaches one server and its client dies. The READ that sees the value must leave it at a majority.
func TestReadWritesBack(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	write := c.Client(1, protocols.Writer).Write("k", []byte("v"))
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 })
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

// A WRITE that was given up left its timestamp at a server that the next WRITE does not hear from.
func TestTimestampsAreNotReused(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	lost := w.Write("k", []byte("lost"))
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 })
	c.Deliver(prototest.To(0))
	lost.Abandon()
	c.Lose(prototest.Everything)

	c.Hold(prototest.Of(0))
	if got := c.Finish(w.Write("k", []byte("next"))); got.Timestamp.Num != 2 {
		t.Errorf("the next WRITE has timestamp %v, want 2.1: 1.1 belongs to the lost one", got.Timestamp)
	}
}

// A reply to GET_TS that comes after the second round began counts for nothing.
func TestLateRepliesDoNotCount(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	c.Hold(func(e prototest.Envelope) bool { return e.Server == 3 || e.Round == 2 && e.Server == 2 })
	w := c.Client(1, protocols.Writer).Write("k", []byte("v"))
	c.Run()
	c.Deliver(func(e prototest.Envelope) bool { return e.Server == 3 && e.Round == 1 })
	if w.Done() {
		t.Fatal("the WRITE ended with its value at two servers")
	}
	c.Release()
	c.Finish(w)
}

// No answers of one server's can end a round that needs a majority of them, nor derail the operation.
func TestRepliesOfAnotherShapeAreDropped(t *testing.T) {
	ts, hash := protocols.Timestamp{Num: 1, PID: 1}, make([]byte, 32)
	replies := []protocols.Message{
		{},
		{Payload: []byte("v")},
		{Body: &Get{}},
		{Body: &PutAck{}},
		{Body: &GetTSAck{Datum: Datum{TS: protocols.Timestamp{Num: 1}, Hash: hash, Signature: hash}}},
		{Body: &GetTSAck{Datum: Datum{TS: ts, Signature: hash}}},
		{Body: &GetTSAck{Datum: Datum{TS: ts, Hash: hash}}},
		{Body: &GetTSAck{Datum: Datum{Signature: hash}}},
		{Body: &GetTSAck{Datum: Datum{Hash: hash[1:]}}},
		{Body: &GetAck{TS: protocols.Timestamp{PID: 1}, Signature: hash}},
		{Body: &GetAck{TS: ts}},
		{Body: &GetAck{}, Payload: []byte("⊥ with a value")},
		{Body: &GetAck{TS: ts, Signature: hash}, Payload: make([]byte, protocols.MaxValueBytes+1)},
	}
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	reg := c.Register(1, protocols.Writer)
	for _, op := range []protocols.Operation{reg.Read("k", protocols.Heap{}), reg.Write("k", nil, protocols.Heap{})} {
		op.Start()
		for _, reply := range replies {
			for server := range 4 {
				if step := op.Answer(1, server, reply); step.Done || step.Next != nil {
					t.Fatalf("%T took %+v of server %d for an answer", op, reply.Body, server+1)
				}
			}
		}
	}
}

func TestServerRefuses(t *testing.T) {
	put := &Put{TS: protocols.Timestamp{Num: 1, PID: 1}, Signature: []byte("s")}
	half := &Put{TS: protocols.Timestamp{Num: 1}, Signature: []byte("s")}
	long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
	for name, request := range map[string]struct {
		key protocols.Key
		m   protocols.Message
	}{
		"a reply":       {"k", protocols.Message{Body: &PutAck{}}},
		"no body":       {"k", protocols.Message{}},
		"a long key":    {long, protocols.Message{Body: &Get{}}},
		"ts0":           {"k", protocols.Message{Body: &Put{}}},
		"half a ts":     {"k", protocols.Message{Body: half}},
		"a large value": {"k", protocols.Message{Body: put, Payload: make([]byte, protocols.MaxValueBytes+1)}},
	} {
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		if _, err := c.Request(protocols.Writer, request.key, 0, request.m); !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
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
		if len(c.Flying()) > 0 || !run.Done() {
			t.Errorf("%s sends messages", name)
		} else if _, err := run.Result(); err == nil {
			t.Errorf("%s succeeded", name)
		}
	}
}

// Timestamps cannot wrap around, should a writer ever sign the highest one.
func TestExhaustedTimestampsAreAnError(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	signer, err := c.Suite.Signer(c.WriterKeys.Private)
	if err != nil {
		t.Fatal(err)
	}
	ts := protocols.Timestamp{Num: math.MaxUint64, PID: 9}
	d := Datum{TS: ts, Hash: c.Suite.Hash(nil)}
	if d.Signature, err = signer.Sign(nil, signed("k", ts, d.Hash)); err != nil {
		t.Fatal(err)
	}
	op := c.Register(1, protocols.Writer).Write("k", nil, protocols.Heap{})
	op.Start()
	var step protocols.Step
	for server := range 3 {
		step = op.Answer(1, server, protocols.Message{Body: &GetTSAck{Datum: d}})
	}
	if _, err := op.Result(); !step.Done || !errors.Is(err, errExhausted) {
		t.Errorf("step %+v, error %v", step, err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	bad := suite.ServerKeys{Public: []byte("short")}
	s := Protocol{}.NewServer(protocols.ServerParams{T: 1, Suite: c.Suite, Keys: bad})
	put := protocols.Message{Body: &Put{TS: protocols.Timestamp{Num: 1, PID: 1}, Signature: []byte("s")}}
	_, _, err := s.Handle(protocols.Writer, "k", put, nothing{})
	if err == nil || errors.Is(err, protocols.ErrRefused) {
		t.Errorf("PUT at a server without keys: %v, want an error that does not blame the client", err)
	}
	for name, keys := range map[string]suite.ClientKeys{
		"no public key": {}, "half a private key": {
			Public: c.WriterKeys.Public, Groups: c.WriterKeys.Groups, Private: c.WriterKeys.Private[:9],
		},
	} {
		r := Protocol{}.NewRegister(protocols.ClientParams{T: 1, PID: 1, Suite: c.Suite, Keys: keys})
		op := r.Write("k", nil, protocols.Heap{})
		if _, err := op.Result(); op.Start() != nil || err == nil {
			t.Errorf("WRITE with %s: error %v, want one and no messages", name, err)
		}
	}
}

// nothing is an empty state.
type nothing struct{}

func (nothing) Get(string) ([]byte, []byte, bool, error) { return nil, nil, false, nil }
func (nothing) Body(string) ([]byte, bool, error)        { return nil, false, nil }

func TestCost(t *testing.T) {
	for faults, want := range map[int]float64{1: 4, 2: 7, 3: 10} {
		both := protocols.Cost{ClientToServers: want, ServersToClient: want}
		if got := (Protocol{}).Traits(faults).Cost(protocols.Read); got != both {
			t.Errorf("READ, t=%d: %+v", faults, got)
		}
		if got := (Protocol{}).Traits(faults).Cost(protocols.Write); got != (protocols.Cost{ClientToServers: want}) {
			t.Errorf("WRITE, t=%d: %+v", faults, got)
		}
	}
}
