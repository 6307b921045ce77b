package gv

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/gv/history"
	"github.com/powbench/powbench/protocols/prototest"
)

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

// asking has the writer send the first server requests for a key, which it must not refuse, with or without a value.
func asking(t *testing.T, c *prototest.Cluster) func(body protocols.Body, value string) protocols.Body {
	return func(body protocols.Body, value string) protocols.Body {
		t.Helper()
		reply, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: body, Payload: []byte(value)})
		if err != nil {
			t.Fatal(err)
		}
		return reply.Body
	}
}

// Of WRITEs that came before their values the last waits for its own; and what lies behind the window waits for nothing.
func TestEarlyWrites(t *testing.T) {
	c := prototest.New(t, Protocol{limits{window: 4}}, 1, "modern", 1)
	ask := asking(t, c)
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
		ask := asking(t, c)
		ask(&Write{Num: num, Marks: []Mark{{Server: 1, Reader: 2, Number: 3}}}, "")
		ask(&PreWrite{Num: 4, Complete: 3}, "v4")
		ask(&PreWrite{Num: 5, Complete: 4}, "v5")
		before := c.Records(0, "k")
		ask(&PreWrite{Num: num}, "late")
		if more := c.Records(0, "k") - before; more > 0 {
			t.Errorf("the value of %d leaves %d records more", num, more)
		}
	}
}

// Each register keeps the marks that came first with a number, and they are told to the reader that they are about.
func TestMarksOfEachRegister(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	ask := asking(t, c)
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
