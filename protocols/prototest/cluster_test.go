package prototest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// trace plays a random load and returns its messages in the order of delivery.
func trace(t *testing.T, seed uint64) string {
	c := New(t, mabd.Protocol{}, 2, "modern", seed)
	c.DuplicatePercent = 20
	runs := []*Run{c.Client(1, protocols.Writer).Write("k", []byte("v")), c.Client(2, protocols.Reader).Read("k")}
	c.Run()
	return fmt.Sprint(runs[0].Trace, runs[1].Trace, runs[0].Ended, runs[1].Ended)
}

func TestSeedDecidesTheSchedule(t *testing.T) {
	if a, b := trace(t, 1), trace(t, 1); a != b {
		t.Errorf("two schedules of one seed:\n%s\n%s", a, b)
	}
	if trace(t, 1) == trace(t, 2) {
		t.Error("two seeds, one schedule")
	}
}

func TestOneReplyOfEachServerPerRound(t *testing.T) {
	c := New(t, mabd.Protocol{}, 2, "modern", 1)
	c.DuplicatePercent = 60
	c.Hold(Of(2, 3, 4))
	w := c.Client(1, protocols.Writer).Write("k", []byte("v"))
	c.Run()
	if w.Done() || w.Rounds() != 1 {
		t.Fatalf("duplicates of two servers' replies made a majority of three: %v", w.Trace)
	}
	requests, replies := 0, map[int]int{}
	for _, e := range w.Trace {
		if e.Reply {
			replies[e.Server]++
		} else {
			requests++
		}
	}
	if requests <= 2 {
		t.Errorf("%d requests delivered to two servers, want duplicates", requests)
	}
	if replies[0] != 1 || replies[1] != 1 || len(replies) != 2 {
		t.Errorf("replies delivered by server: %v, want one each of two", replies)
	}
	c.Release()
	c.Finish(w)
}

func TestCrashHoldLoseAndDeliver(t *testing.T) {
	c := New(t, mabd.Protocol{}, 1, "modern", 1)
	c.Crash(0)
	w := c.Client(1, protocols.Writer).Write("k", []byte("v"))
	if n := c.Deliver(To(1)); n != 1 {
		t.Errorf("%d messages to s2 delivered, want 1", n)
	}
	if got := len(c.Flying()); got != 3 {
		t.Errorf("%d messages in flight, want the requests to s1 and s3 and the reply of s2", got)
	}
	c.Hold(Of(2))
	c.Run()
	if w.Done() || len(c.Flying()) != 1 {
		t.Errorf("in flight while s3 is held: %v", c.Flying())
	}
	c.Release()
	c.Finish(w)
	if c.Records(0, "k") != 0 || c.Records(1, "k") != 1 {
		t.Error("the crashed server stored, or the correct one did not")
	}
	if r, ok := c.Record(1, "k", "value"); !ok || string(r.Payload) != "v" {
		t.Errorf("record %+v", r)
	}
	c.Reset(1)
	if c.Records(1, "k") != 0 {
		t.Error("Reset left records")
	}
	r := c.Client(2, protocols.Reader).Read("k")
	c.Lose(To(2))
	c.Run()
	if r.Done() {
		t.Error("a READ ended with one server alive within reach")
	}
	r.Abandon()
}

// keeper keeps what it was lent.
type keeper struct{ payload, body []byte }

func (k *keeper) Handle(_ protocols.Role, _ protocols.Key, m protocols.Message, s protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	k.payload = m.Payload
	k.body, _, _ = s.Body("r")
	return protocols.Message{}, []protocols.Record{{Name: "r", Body: []byte("b"), Payload: m.Payload}}, nil
}

func TestLentMemoryIsTakenBack(t *testing.T) {
	c := New(t, mabd.Protocol{}, 1, "modern", 1)
	k := &keeper{}
	c.Servers[0] = k
	for range 2 {
		if _, err := c.Request(protocols.Reader, "k", 0, protocols.Message{Payload: []byte("payload")}); err != nil {
			t.Fatal(err)
		}
	}
	if string(k.payload) == "payload" || string(k.body) == "b" {
		t.Errorf("a server may keep the request's payload %q and its record %q", k.payload, k.body)
	}
	if r, _ := c.Record(0, "k", "r"); string(r.Payload) != "payload" || string(r.Body) != "b" {
		t.Errorf("record %q, %q", r.Body, r.Payload)
	}
}

// raw replies with the bytes.
type raw struct{ reply protocols.Message }

func (r raw) Handle(protocols.Role, protocols.Key, protocols.Message, protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	return r.reply, nil, nil
}

func TestBodiesPassThroughTheCodec(t *testing.T) {
	c := New(t, mabd.Protocol{}, 1, "modern", 1)
	for name, test := range map[string]struct {
		reply     protocols.Message
		delivered int
	}{
		"garbage":      {protocols.Message{Body: &Raw{As: 2, Data: []byte{0xc1}}}, 0},
		"trailing":     {protocols.Message{Body: &Raw{As: 2, Data: []byte{0x90, 0x90}}}, 0},
		"too short":    {protocols.Message{Body: &Raw{As: 2, Data: []byte{0x90}}}, 1},
		"unknown kind": {protocols.Message{Body: &Raw{As: 99}}, 1},
		"no body":      {protocols.Message{Payload: []byte("p")}, 1},
		"nothing":      {protocols.Message{}, 0},
	} {
		c.Servers[0] = raw{test.reply}
		r := c.Client(1, protocols.Reader).Read("k")
		c.Deliver(Of(0))
		replies := slices.DeleteFunc(r.Trace, func(e Envelope) bool { return !e.Reply })
		if len(replies) != test.delivered {
			t.Errorf("%s: %d replies delivered, want %d", name, len(replies), test.delivered)
		}
		c.Lose(Everything)
	}
}

// noWriteBack is M-ABD whose READs end after their first round: not linearizable.
type noWriteBack struct{ mabd.Protocol }

type noWriteBackRegister struct{ protocols.Register }

type noWriteBackRead struct{ protocols.Operation }

func (p noWriteBack) NewRegister(params protocols.ClientParams) protocols.Register {
	return noWriteBackRegister{p.Protocol.NewRegister(params)}
}

func (r noWriteBackRegister) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return noWriteBackRead{r.Register.Read(key, mem)}
}

func (r noWriteBackRead) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := r.Operation.Answer(round, server, reply)
	return protocols.Step{Done: step.Done || step.Next != nil}
}

// neverEnds is M-ABD whose READs wait for all servers: not wait-free.
type neverEnds struct{ noWriteBack }

func (p neverEnds) Quorum(t int) int { return p.Traits(t).Servers }

func (p neverEnds) NewRegister(params protocols.ClientParams) protocols.Register {
	return silentRegister{p.Protocol.NewRegister(params)}
}

type silentRegister struct{ protocols.Register }

func (r silentRegister) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return &patient{Operation: r.Register.Read(key, mem)}
}

type patient struct {
	protocols.Operation
	replies int
}

func (p *patient) Answer(round, server int, reply protocols.Message) protocols.Step {
	if p.replies++; round == 1 && p.replies < 3 {
		return protocols.Wait()
	}
	return p.Operation.Answer(round, server, reply)
}

// failure collects what would fail a test.
type failure struct {
	testing.TB
	text string
}

func (f *failure) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f)
}

func failureOf(t *testing.T, s Scenario, seed uint64) (text string) {
	f := &failure{TB: t}
	defer func() {
		if r := recover(); r != nil && r != f {
			panic(r)
		}
		text = f.text
	}()
	s.check(f, seed)
	return ""
}

// A scenario must tell broken protocols from sound ones, and its message must repeat the failure.
func TestScenarioFindsBrokenProtocols(t *testing.T) {
	for want, p := range map[string]protocols.Protocol{
		"not linearizable": noWriteBack{}, "does not end": neverEnds{}, "": mabd.Protocol{},
	} {
		s := Scenario{Protocol: p}
		s.fill()
		found := ""
		for seed := uint64(1); found == "" && seed <= 100; seed++ {
			if found = failureOf(t, s, seed); found == "" {
				continue
			}
			if !strings.Contains(found, fmt.Sprintf("seed %d:", seed)) || failureOf(t, s, seed) != found {
				t.Errorf("%q does not repeat with seed %d", found, seed)
			}
		}
		if want == "" && found != "" || !strings.Contains(found, want) {
			t.Errorf("%T: found %q in 100 schedules, want %q", p, found, want)
		}
	}
}

func TestEnvelopeString(t *testing.T) {
	e := Envelope{Client: 1, Server: 0, Round: 2, Message: protocols.Message{Body: &mabd.Put{}, Payload: []byte("abc")}}
	if got, want := e.String(), "p1 → s1 round 2 Put+3B"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
