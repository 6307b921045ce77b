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
	"github.com/powbench/powbench/protocols/gv/history"
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

func TestServerRefuses(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w, r := protocols.Writer, protocols.Reader
	c.CheckRefused(map[string]prototest.Request{
		"a reader in the writer's register": prototest.From(r, &PreWrite{Num: 1}, []byte("v")),
		"a reader's WRITE there":            prototest.From(r, &Write{Num: 1}, nil),
		"number 0":                          prototest.From(w, &PreWrite{}, []byte("v")),
		"the highest number":                prototest.From(w, &PreWrite{Num: math.MaxUint64}, []byte("v")),
		"a later WRITE complete":            prototest.From(w, &PreWrite{Num: 1, Complete: 2}, []byte("v")),
		"a value that is not announced":     prototest.From(w, &Write{Num: 1}, []byte("v")),
		"marks of a server too many":        prototest.From(w, &Write{Num: 1, Marks: []Mark{{Server: 4, Reader: 1, Number: 1}}}, nil),
		"marks of no reader":                prototest.From(w, &Write{Num: 1, Marks: []Mark{{Number: 1}}}, nil),
		"LOOK by process 0":                 prototest.From(r, &Look{}, nil),
		"SHOW by process 0":                 prototest.From(r, &Show{}, nil),
		"SHOW of everything":                prototest.From(r, &Show{Reader: 1, Want: make([]uint64, maxWant+5)}, nil),
		"SHOW after the highest number":     prototest.From(r, &Show{Reader: 1, Number: math.MaxUint64}, nil),
	})
	for name, m := range map[string]prototest.Request{
		"a reader's own register":           prototest.From(r, &PreWrite{Owner: 1, Num: 1}, []byte("v")),
		"the WRITE itself complete":         prototest.From(w, &PreWrite{Num: 1, Complete: 1}, []byte("v")),
		"the highest number but one":        prototest.From(w, &PreWrite{Num: math.MaxUint64 - 1}, []byte("v")),
		"marks of the last server":          prototest.From(w, &Write{Num: 1, Marks: []Mark{{Server: 3, Reader: 1, Number: 1}}}, nil),
		"SHOW of as much as a READ may ask": prototest.From(r, &Show{Reader: 1, Want: make([]uint64, maxWant+4)}, nil),
		"SHOW of the highest number":        prototest.From(r, &Show{Reader: 1, Number: math.MaxUint64 - 1}, nil),
	} {
		if _, err := c.Request(m.Role, "k", 0, m.Message); err != nil {
			t.Errorf("%s: %v", name, err)
		}
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

// Of WRITEs that came before their values the last waits for its own; and what lies behind the window waits for nothing.
func TestEarlyWrites(t *testing.T) {
	c := prototest.New(t, Protocol{limits{window: 4}}, 1, "modern", 1)
	ask := func(body protocols.Body, value string) protocols.Body {
		t.Helper()
		reply, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: body, Payload: []byte(value)})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Body
	}
	for _, num := range []uint64{5, 3} {
		if reply := ask(&Write{Num: num}, "").(*Written); !reply.Early {
			t.Errorf("WRITE %d before its value: %+v", num, reply)
		}
	}
	for num, want := range map[uint64]bool{3: false, 5: true} {
		if reply := ask(&PreWrite{Num: num}, "v").(*PreWritten); reply.Written != want {
			t.Errorf("PRE_WRITE %d: %+v, written: want %v", num, reply, want)
		}
	}
	if reply := ask(&Write{Num: 3}, "").(*Written); reply.Early {
		t.Errorf("WRITE 3 after its value: %+v", reply)
	}
	ask(&PreWrite{Num: 20, Complete: 19}, "v") // the window may move four numbers at a time
	ask(&PreWrite{Num: 21, Complete: 20}, "v")
	before := c.Records(0, "k")
	for _, num := range []uint64{1, 8} {
		if reply := ask(&Write{Num: num}, "").(*Written); reply.Early || c.Records(0, "k") != before {
			t.Errorf("WRITE %d behind the window: %+v, %d records more", num, reply, c.Records(0, "k")-before)
		}
	}
	if reply := ask(&Look{Reader: 9, Number: 2}, "").(*View); reply.Registers.Top() != 0 || reply.Forgot != 8 {
		t.Errorf("LOOK: %+v", reply)
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

// A server that WRITE reaches before PRE_WRITE has written nothing, and does not say so: it writes when PRE_WRITE comes, and
// its reply to that counts.
func TestWriteBeforePreWrite(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	run := c.Client(1, protocols.Writer).Write("k", []byte("v"))
	late := func(e prototest.Envelope) bool { return e.Server == 2 && e.Round == 1 }
	c.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && !late(e) && e.Round == 1 })
	c.Hold(func(e prototest.Envelope) bool { return e.Server == 3 || late(e) })
	if c.Run(); run.Done() {
		t.Error("the WRITE ends when two servers have the value")
	}
	if v := c.Ask(protocols.Reader, "k", 2, &Look{Reader: 9, Number: 2}); len(v.Body.(*View).Registers) > 0 {
		t.Errorf("s3 tells of what it has no value of: %+v", v.Body)
	}
	c.Deliver(late)
	if c.Finish(run); run.Rounds() != 2 {
		t.Errorf("the WRITE took %d rounds, want 2", run.Rounds())
	}
	c.Lose(prototest.Everything)
	c.Release()
	c.Hold(prototest.Of(0))
	if got := c.Finish(c.Client(2, protocols.Reader).Read("k")); string(got.Value) != "v" {
		t.Errorf("READ %+v", got)
	}
}

// Servers remember a window of WRITEs: so neither their histories nor their replies grow for ever, and READs that come late
// still return what is last.
func TestHistoryIsForgotten(t *testing.T) {
	p := Protocol{limits{window: 8}}
	c := prototest.New(t, p, 1, "modern", 1)
	w, readers := c.Client(1, protocols.Writer), []*prototest.Client{c.Client(2, protocols.Reader), c.Client(3, protocols.Reader)}
	for i := range 100 {
		c.Hold(prototest.Of(i % 4))
		c.Finish(w.Write("k", fmt.Appendf(nil, "v%d", i)))
		if i%7 == 0 {
			c.Finish(readers[i%2].Read("k"))
		}
		c.Release()
		c.Run()
	}
	for server := range c.Servers {
		var h history.History
		c.Load(server, "k", recordHistory, &h)
		if n := c.Records(server, "k"); n > 1+8+1 || len(h.Registers) > 3 || h.Horizon != 99-8 {
			t.Errorf("s%d keeps %d records and %+v", server+1, n, h)
		}
		for _, r := range h.Registers {
			if len(r.Spans) > 8 {
				t.Errorf("s%d has %d spans in register %d", server+1, len(r.Spans), r.Owner)
			}
		}
	}
	if got := c.Finish(c.Client(9, protocols.Reader).Read("k")); string(got.Value) != "v99" {
		t.Errorf("READ %+v", got)
	}
}

// crowd is a server that lies: whoever pre-writes is told of as many readers as there may be, none of which exists.
type crowd struct{ protocols.Server }

func (l crowd) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := l.Server.Handle(from, key, request, state)
	if body, ok := reply.Body.(*PreWritten); ok {
		body.Reading = nil
		for reader := range uint64(MaxReaders) {
			body.Reading = append(body.Reading, Mark{Reader: 1 + reader, Number: 1 << 40})
		}
	}
	return reply, records, err
}

// meter counts what a server is to store.
type meter struct {
	protocols.Server
	bytes int
}

func (m *meter) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := m.Server.Handle(from, key, request, state)
	for _, r := range records {
		m.bytes += len(r.Name) + len(r.Body) + len(r.Payload)
	}
	return reply, records, err
}

// What a server stores for a WRITE does not grow with the WRITEs before it, however many readers a liar invents; and what it has
// stored of marks goes with the window.
func TestMarksAreStoredOnce(t *testing.T) {
	const window = 32
	c := prototest.New(t, Protocol{limits{window: window}}, 1, "modern", 1)
	stored := &meter{Server: c.Servers[0]}
	c.Servers[0], c.Servers[1] = stored, crowd{c.Servers[1]}
	c.Hold(prototest.Of(3)) // so that the liar is in each quorum
	w := c.Client(1, protocols.Writer)
	write := func(times int) (bytes int) {
		before := stored.bytes
		for range times {
			c.Finish(w.Write("k", []byte("v")))
			c.Run()
		}
		return stored.bytes - before
	}
	first := write(8)
	write(100)
	if last := write(8); last > 2*first {
		t.Errorf("eight WRITEs have a server store %d bytes after a hundred others, %d before", last, first)
	}
	if n := c.Records(0, "k"); n > 1+2*(window+1) {
		t.Errorf("the server keeps %d records", n)
	}
	c.Release() // all correct servers accuse the liar, and only they agree
	c.Run()
	if got := c.Finish(c.Client(2, protocols.Reader).Read("k")); string(got.Value) != "v" {
		t.Errorf("READ %+v", got)
	}
}

// A value that comes when its number lies behind the window leaves nothing there that nobody would remove, though WRITE had brought marks.
func TestLateValueLeavesNoMarks(t *testing.T) {
	for num := range uint64(3) {
		num++ // when it comes, 3 is the last that is forgotten
		c := prototest.New(t, Protocol{limits{window: 1}}, 1, "modern", 1)
		ask := func(body protocols.Body, value []byte) {
			if _, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: body, Payload: value}); err != nil {
				t.Fatal(err)
			}
		}
		ask(&Write{Num: num, Marks: []Mark{{Server: 1, Reader: 2, Number: 3}}}, nil)
		ask(&PreWrite{Num: 4, Complete: 3}, []byte("v4"))
		ask(&PreWrite{Num: 5, Complete: 4}, []byte("v5"))
		before := c.Records(0, "k")
		ask(&PreWrite{Num: num}, []byte("late"))
		if more := c.Records(0, "k") - before; more > 0 {
			t.Errorf("the value of %d leaves %d records more", num, more)
		}
	}
}

// Each register keeps the marks that came first with a number, and they are told to the reader that they are about.
func TestMarksOfEachRegister(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	ask := func(body protocols.Body, value string) protocols.Body {
		t.Helper()
		reply, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: body, Payload: []byte(value)})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Body
	}
	mark := func(server uint64) []Mark { return []Mark{{Server: server, Reader: 9, Number: 3}} }
	for owner := range uint64(3) {
		early := owner == 0 // before any value of the number
		if early {          // the marks wait for the value
			ask(&Write{Owner: owner, Num: 3, Marks: mark(owner)}, "")
			ask(&Write{Owner: owner, Num: 3, Marks: mark(3)}, "")
		}
		if ask(&PreWrite{Owner: owner, Num: 3}, "v"); !early {
			ask(&Write{Owner: owner, Num: 3, Marks: mark(owner)}, "")
		}
		ask(&Write{Owner: owner, Num: 3, Marks: mark(3)}, "") // too late
	}
	v := ask(&Look{Reader: 9, Number: 2}, "").(*View)
	for owner := range uint64(3) {
		if s, found := v.Registers.Of(owner, 3); !found || !slices.Equal(s.Marks, mark(owner)) {
			t.Errorf("register %d: %+v, %v", owner, s, found)
		}
	}
	if s, _ := ask(&Look{Reader: 9, Number: 3}, "").(*View).Registers.Of(0, 3); len(s.Marks) > 0 {
		t.Errorf("a READ is told the marks of one before: %+v", s)
	}
	ask(&Show{Reader: 9, Number: 4}, "")
	if got := ask(&PreWrite{Num: 4}, "w").(*PreWritten); !slices.Equal(got.Reading, []Mark{{Reader: 9, Number: 5}}) {
		t.Errorf("in SHOW: %+v, want the round after LOOK's 4", got.Reading)
	}
}

// ledger is what numbers were issued, or why that cannot be told.
type ledger struct {
	last uint64
	err  error
}

func (l ledger) Last(protocols.Key) (uint64, error) { return l.last, l.err }
func (l ledger) Keep(protocols.Key, uint64) error   { return nil }

// A writer issues numbers to the highest but one, and none if it does not know the last.
func TestNumbersEnd(t *testing.T) {
	c, reason := prototest.New(t, Protocol{}, 1, "modern", 1), errors.New("no ledger")
	for _, x := range []struct {
		ledger
		want error
	}{{ledger{math.MaxUint64 - 2, nil}, nil}, {ledger{math.MaxUint64 - 1, nil}, protocols.ErrExhausted}, {ledger{0, reason}, reason}} {
		r := Protocol{}.NewRegister(protocols.ClientParams{T: 1, PID: 1, Suite: c.Suite, Keys: c.WriterKeys, Issued: x.ledger})
		w := r.Write("k", []byte("v"), protocols.Heap{})
		first := w.Start()
		if _, err := w.Result(); !errors.Is(err, x.want) || (first == nil) != (x.want != nil) {
			t.Errorf("after %d: %v, requests %v, want %v", x.last, err, first != nil, x.want)
		}
	}
}

// A WRITE tells servers which one before it was complete: not one that was given up.
func TestComplete(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	complete := func(run *prototest.Run) uint64 {
		c.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && !e.Reply && e.Server == 0 })
		return run.Trace[0].Body.(*PreWrite).Complete
	}
	if got := complete(w.Write("k", []byte("given up"))); got != 0 {
		t.Errorf("the first WRITE tells that %d is complete", got)
	}
	c.Run()
	done := w.Write("k", []byte("done"))
	c.Finish(done)
	c.Interrupt(w.Write("k", []byte("given up too")), []int{0, 1, 2, 3})
	if got, _ := done.Result(); complete(w.Write("k", []byte("last"))) != got.Timestamp.Num {
		t.Errorf("the last WRITE does not tell that %v is complete", got.Timestamp)
	}
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
