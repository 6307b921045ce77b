package gv

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// announcer is a server that lies: it tells at once that a value is written when it is pre-written, with a T of its own
// invention, and keeps to that.
type announcer struct{ protocols.Server }

func (l announcer) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	m, ok := request.Body.(*PreWrite)
	if !ok {
		return l.Server.Handle(from, key, request, state)
	}
	_, records, err := l.Server.Handle(from, key, protocols.Message{Body: &Write{Owner: m.Owner, Num: m.Num}}, state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return l.Server.Handle(from, key, request, over{state, records})
}

// over is a state with records that are to be stored.
type over struct {
	protocols.StateReader
	records []protocols.Record
}

func (o over) Get(name string) (body, payload []byte, found bool, err error) {
	for _, r := range o.records {
		if r.Name == name {
			return r.Body, r.Payload, true, nil
		}
	}
	return o.StateReader.Get(name)
}

func (o over) Body(name string) (body []byte, found bool, err error) {
	for _, r := range o.records {
		if r.Name == name {
			return r.Body, true, nil
		}
	}
	return o.StateReader.Body(name)
}

// liar is a Byzantine server that does something else with every reply.
type liar struct {
	protocols.Server
	rand *rand.Rand
	n    int // servers
}

func (l *liar) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	inner := l.Server
	if l.rand.IntN(2) == 0 {
		inner = announcer{inner}
	}
	reply, records, err := inner.Handle(from, key, request, state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if l.rand.IntN(4) == 0 {
		records = nil
	}
	switch body := reply.Body.(type) {
	case *View:
		return l.view(*body, reply.Payload), records, nil
	case *PreWritten:
		if l.rand.IntN(2) == 0 {
			reply.Body = &PreWritten{
				Reading: []Mark{{Reader: 1 + l.rand.Uint64N(4), Number: 1 + l.rand.Uint64N(40)}},
				Written: l.rand.IntN(2) == 0, Full: l.rand.IntN(5) == 0,
			}
		}
	case *Written:
		reply.Body = &Written{Early: l.rand.IntN(3) == 0, Full: l.rand.IntN(5) == 0}
	}
	return reply, records, nil
}

// view is what it makes of a view: without some spans, with more of them, with marks, with another value or with none.
func (l *liar) view(v View, value []byte) protocols.Message {
	v.Registers = slices.Clone(v.Registers)
	switch l.rand.IntN(8) {
	case 0:
		return protocols.Message{Body: &View{}}
	case 1:
		v.Forgot = l.rand.Uint64N(12)
	case 2:
		value = bytes.ToUpper(value)
	case 3:
		v.Parts, value = nil, nil
	case 4:
		v.Full = true
	case 5:
		if len(v.Registers) > 0 {
			v.Registers = v.Registers[:len(v.Registers)-1]
		}
	case 6, 7:
		num := 1 + l.rand.Uint64N(9)
		span := Span{From: num, To: num}
		if l.rand.IntN(2) == 0 {
			span.Marks = []Mark{{Server: l.rand.Uint64N(uint64(l.n)), Reader: 1 + l.rand.Uint64N(4), Number: 1 + l.rand.Uint64N(40)}}
		}
		v.Registers = []Spans{{Owner: l.rand.Uint64N(4), Spans: []Span{span}}}
		value = []byte("what nobody wrote")
		v.Parts = []Part{{num, uint64(len(value))}}
	}
	return protocols.Message{Body: &v, Payload: value}
}

func lie(c *prototest.Cluster, server int) {
	c.Servers[server] = &liar{c.Servers[server], c.Rand, len(c.Servers)}
}

func announce(c *prototest.Cluster, server int) { c.Servers[server] = announcer{c.Servers[server]} }

func TestRandomSchedulesWithLyingServers(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 120 / faults, Byzantine: lie, Keys: 1}.Check(t)
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 60 / faults, Byzantine: announce, Keys: 1}.Check(t)
	}
}

// LOOK needs no room, so that nobody is refused there.
func TestNobodyIsFullInLook(t *testing.T) {
	read := prototest.New(t, Protocol{}, 1, "modern", 1).Register(2, protocols.Reader).Read("k", protocols.Heap{})
	read.Start()
	for server := range 4 {
		if step := read.Answer(1, server, protocols.Message{Body: &View{Full: true}}); step.Done {
			t.Fatalf("the READ ends after %d servers say that they are full", server+1)
		}
	}
}

func TestImplausibleReplies(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("v")))
	c.Run()
	written := func(spans ...Span) []Spans { return []Spans{{Spans: spans}} }
	c.CheckIgnored(w, func(honest protocols.Message) (wrong []protocols.Message) {
		v, isView := honest.Body.(*View)
		if !isView {
			return []protocols.Message{{Body: &PreWritten{Reading: []Mark{{Reader: 1}}}}}
		}
		for _, registers := range [][]Spans{
			{{}},
			written(Span{From: 1}), written(Span{From: 2, To: 1}), written(Span{From: 1, To: 1}, Span{From: 1, To: 2}),
			written(Span{From: 1, To: math.MaxUint64}),
			written(Span{From: 1, To: 2, Marks: []Mark{{Server: 0, Reader: 1, Number: 9}}}), written(Span{From: 1, To: 1, Marks: []Mark{{Server: 9, Reader: 1, Number: 9}}}),
			written(Span{From: 1, To: 1, Marks: []Mark{{Server: 0, Reader: 2, Number: 9}}}), written(Span{From: 1, To: 1, Marks: []Mark{{Server: 0, Reader: 1, Number: 1}}}),
			append(written(Span{From: 1, To: 1}), written(Span{From: 1, To: 1})...),
		} {
			wrong = append(wrong, protocols.Message{Body: &View{Registers: registers, Parts: v.Parts}, Payload: honest.Payload})
		}
		if len(v.Parts) > 0 { // of LOOK, which brings the value of the highest number
			wrong = append(wrong, protocols.Message{Body: &View{Registers: v.Registers}})
		}
		for _, parts := range [][]Part{{{7, 1}}, {{1, 2}}, {{1, math.MaxUint64}, {1, 2}}} {
			wrong = append(wrong, protocols.Message{Body: &View{Registers: v.Registers, Parts: parts}, Payload: []byte("v")})
		}
		return wrong
	})
}

// With a window that is too small for the schedule a READ may have to be given up, but none is wrong.
func TestSmallWindows(t *testing.T) {
	for seed := range uint64(60) {
		p := Protocol{limits{window: 1 + seed%3}}
		c := prototest.New(t, p, 1, "modern", seed)
		lie(c, int(seed%4))
		w := c.Client(1, protocols.Writer)
		var runs []*prototest.Run
		for i := range 12 {
			for reader := range uint64(2) {
				if i%4 == 0 {
					run := c.Client(10*uint64(i)+reader+2, protocols.Reader).Read("k")
					c.Hold(func(e prototest.Envelope) bool { return run.Is(e) && c.Rand.IntN(4) > 0 })
					runs = append(runs, run)
				}
			}
			write := w.Write("k", fmt.Appendf(nil, "v%d", i))
			runs = append(runs, write)
			for range 40 {
				c.Step()
			}
			c.Finish(write)
			c.Release()
		}
		c.Run()
		if err := prototest.CheckHistory(runs); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// Of more readers than servers admit the last ones take the place of those whose value is complete in the writer's register.
func TestReadersTakeTurns(t *testing.T) {
	p := Protocol{limits{readers: 3}}
	c := prototest.New(t, p, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	for i := range 3 {
		c.Finish(w.Write("k", fmt.Appendf(nil, "v%d", i)))
		for reader := range 10 {
			c.Hold(prototest.Of(reader % 4))
			got := c.Finish(c.Client(uint64(100*i+reader+2), protocols.Reader).Read("k"))
			if string(got.Value) != fmt.Sprint("v", i) {
				t.Errorf("READ %d of WRITE %d: %+v", reader, i, got)
			}
			c.Release()
			c.Run()
		}
	}
}

// Where no WRITE is known to be complete, no reader can go: one too many is told so, and does no harm.
func TestTooManyReaders(t *testing.T) {
	p := Protocol{limits{readers: 2}}
	c := prototest.New(t, p, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("before")))
	c.Run()
	c.Interrupt(w.Write("k", []byte("v")), []int{0, 1, 2, 3}, []int{0, 1})
	read := func(pid uint64) (protocols.Result, error) {
		run := c.Client(pid, protocols.Reader).Read("k")
		c.Run()
		if !run.Done() {
			t.Fatalf("the READ of p%d does not end", pid)
		}
		return run.Result()
	}
	for pid := uint64(2); pid <= 3; pid++ {
		if got, err := read(pid); err != nil || string(got.Value) != "v" {
			t.Errorf("READ of p%d: %q, %v", pid, got.Value, err)
		}
	}
	if _, err := read(4); !errors.Is(err, ErrReaders) {
		t.Errorf("a reader too many: %v", err)
	}
	if got, err := read(3); err != nil || string(got.Value) != "v" {
		t.Errorf("READ of a reader that is known: %q, %v", got.Value, err)
	}
	c.Finish(w.Write("k", []byte("next")))
	c.Finish(w.Write("k", []byte("last")))
	c.Run()
	if got, err := read(5); err != nil || string(got.Value) != "last" {
		t.Errorf("READ after more WRITEs: %q, %v", got.Value, err)
	}
}

// A READ does not take values for the same that differ, and ends when a WRITE is half done.
func TestReadDuringWrite(t *testing.T) {
	for reached := range 16 {
		c := prototest.New(t, Protocol{}, 1, "modern", uint64(reached))
		w := c.Client(1, protocols.Writer)
		c.Finish(w.Write("k", []byte("old")))
		c.Run()
		var to []int
		for server := range 4 {
			if reached>>server&1 == 1 {
				to = append(to, server)
			}
		}
		c.Interrupt(w.Write("k", []byte("new")), []int{0, 1, 2, 3}, to)
		run := c.Client(2, protocols.Reader).Read("k")
		got := c.Finish(run)
		again := c.Finish(c.Client(3, protocols.Reader).Read("k"))
		if run.Rounds() != 4 || string(got.Value) == "new" && string(again.Value) != "new" {
			t.Errorf("WRITE reached %v: %q after %d rounds, then %q", to, got.Value, run.Rounds(), again.Value)
		}
	}
}
