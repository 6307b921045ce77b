package gv

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/gv/history"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestTraces plays the scripts of testdata/traces, which show the register message by message; those whose name ends with t2
// at t = 2, the others at t = 1. They have more commands, for operations that go on side by side:
//
//	announce server=1               the server lies: it tells of a value as written when it is pre-written
//	start pid=1 [value=v]           a WRITE begins, or a READ
//	deliver pid=1 round=1 to=(1,2)  the servers named get and answer the requests of the round
//	judge pid=2 num=2               who confirms and who denies what is told of the number, and by the naive rule
//	result pid=2                    what the operation came to
func TestTraces(t *testing.T) {
	prototest.Walk(t, func(t *testing.T, path string) *prototest.Script {
		faults := 1
		if strings.HasSuffix(path, "_t2.txt") {
			faults = 2
		}
		s := &stepwise{
			Script: &prototest.Script{Cluster: prototest.New(t, Protocol{}, faults, "modern", 1), Show: show, Payload: "value"},
			runs:   map[uint64]*prototest.Run{}, reads: map[uint64]*read{},
		}
		s.More = map[string]func(*testing.T, *datadriven.TestData) string{
			"announce": s.announce, "start": s.start, "deliver": s.deliver, "judge": s.judge, "result": s.result,
		}
		return s.Script
	})
}

// stepwise is a script whose operations go on side by side, by process id.
type stepwise struct {
	*prototest.Script
	runs  map[uint64]*prototest.Run
	reads map[uint64]*read
}

func number(t *testing.T, d *datadriven.TestData, name string) (n uint64) {
	d.ScanArgs(t, name, &n)
	return n
}

func (s *stepwise) announce(t *testing.T, d *datadriven.TestData) string {
	announce(s.Cluster, int(number(t, d, "server"))-1)
	return ""
}

func (s *stepwise) start(t *testing.T, d *datadriven.TestData) string {
	pid, role := number(t, d, "pid"), protocols.Reader
	if d.HasArg("value") {
		var value string
		d.ScanArgs(t, "value", &value)
		s.runs[pid] = s.Script.Client(t, d, protocols.Writer).Write("k", []byte(value))
		return ""
	}
	client := s.Script.Client(t, d, role)
	s.reads[pid] = client.Register.Read("k", protocols.Heap{}).(*read)
	s.runs[pid] = s.Start(client, "k", protocols.Read, nil, s.reads[pid])
	return ""
}

func (s *stepwise) deliver(t *testing.T, d *datadriven.TestData) string {
	run, round, to := s.runs[number(t, d, "pid")], int(number(t, d, "round")), prototest.ServersOf(t, d, "to")
	before := len(run.Trace)
	for _, server := range to {
		s.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && e.Round == round && e.Server == server })
	}
	var b strings.Builder
	for _, e := range run.Trace[before:] {
		fmt.Fprintf(&b, "p%d %s s%d  %s", e.Client, map[bool]string{true: "←", false: "→"}[e.Reply], e.Server+1, show(e.Body))
		if len(e.Payload) > 0 {
			fmt.Fprintf(&b, " + value %q", e.Payload)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (s *stepwise) judge(t *testing.T, d *datadriven.TestData) string {
	r, num := s.reads[number(t, d, "pid")], number(t, d, "num")
	confirm, deny, naive := verdicts(r, num)
	return fmt.Sprintf("confirm %v, deny %v; by the naive rule deny %v\n", confirm, deny, naive)
}

// verdicts lists the servers that confirm the number, those that deny its first candidate, and those that deny it by the naive
// rule, which has no T: their replies lack the number.
func verdicts(r *read, num uint64) (confirm, deny, naive []string) {
	for server, views := range r.views {
		name := fmt.Sprint("s", server+1)
		if slices.ContainsFunc(r.told[num], func(v voice) bool { return v.server == server && v.has }) {
			confirm = append(confirm, name)
		}
		if slices.ContainsFunc(views, func(v *View) bool { return v.denies(num, r.claims[num][0]) }) {
			deny = append(deny, name)
		}
		if slices.ContainsFunc(views, func(v *View) bool { _, found := v.Registers.Of(history.Writer, num); return !found }) {
			naive = append(naive, name)
		}
	}
	return confirm, deny, naive
}

func (s *stepwise) result(t *testing.T, d *datadriven.TestData) string {
	run := s.runs[number(t, d, "pid")]
	if !run.Done() {
		return fmt.Sprintf("waits in round %d\n", run.Rounds())
	}
	result := s.Finish(run)
	return fmt.Sprintf("%q, ts %v, after %d rounds\n", result.Value, result.Timestamp, run.Rounds())
}

// show is a body in the words of the package.
func show(body protocols.Body) string {
	switch m := body.(type) {
	case *PreWrite:
		return fmt.Sprintf("PRE_WRITE %s %d, complete %d", owner(m.Owner), m.Num, m.Complete)
	case *PreWritten:
		return "PRE_WRITTEN" + marks(m.Reading, false)
	case *Write:
		return fmt.Sprintf("WRITE %s %d%s", owner(m.Owner), m.Num, marks(m.Marks, true))
	case *Written:
		return "WRITTEN" + map[bool]string{true: ", too early"}[m.Early]
	case *Look:
		return fmt.Sprintf("LOOK %d", m.Number)
	case *Show:
		return fmt.Sprintf("SHOW %d from %d, want %v", m.Number+1, m.Least, m.Want)
	case *View:
		var b strings.Builder
		b.WriteString("VIEW")
		for _, r := range m.Registers {
			fmt.Fprintf(&b, " %s", owner(r.Owner))
			for _, s := range r.Spans {
				fmt.Fprintf(&b, " %d", s.From)
				if s.To > s.From {
					fmt.Fprintf(&b, "–%d", s.To)
				}
				b.WriteString(marks(s.Marks, true))
			}
		}
		if m.Forgot > 0 {
			fmt.Fprintf(&b, ", forgot %d", m.Forgot)
		}
		return b.String()
	}
	return fmt.Sprintf("%T", body)
}

func owner(p uint64) string {
	if p == history.Writer {
		return "writer:"
	}
	return fmt.Sprintf("p%d:", p)
}

func marks(all []Mark, servers bool) string {
	if len(all) == 0 {
		return ""
	}
	var list []string
	for _, m := range all {
		if s := fmt.Sprintf("p%d in %d", m.Reader, m.Number); servers {
			list = append(list, fmt.Sprintf("s%d: %s", m.Server+1, s))
		} else {
			list = append(list, s)
		}
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// By the naive rule, t+1 confirm and 2t+1 deny, the READ of the trace never ends: all correct servers have answered both rounds,
// and neither number is reached. With T it is.
func TestTheNaiveRuleHangs(t *testing.T) {
	c := prototest.New(t, Protocol{}, 2, "modern", 1)
	w, reader := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
	c.Finish(w.Write("k", []byte("old")))
	c.Run()
	announce(c, 0)
	c.Hold(prototest.Of(6)) // it is silent
	deliver := func(run *prototest.Run, round int, servers ...int) {
		of := prototest.Of(servers...)
		c.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && e.Round == round && of(e) })
	}
	write := w.Write("k", []byte("new"))
	deliver(write, 1, 0)
	op := reader.Register.Read("k", protocols.Heap{}).(*read)
	run := c.Start(reader, "k", protocols.Read, nil, op)
	deliver(run, 1, 0, 1, 2, 3, 4)
	deliver(run, 2, 0, 1, 2, 3)
	c.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && e.Round == 2 && e.Server == 4 && !e.Reply })
	deliver(write, 1, 1, 2, 3, 4)
	deliver(write, 1, 5)
	deliver(write, 2, 5)
	deliver(run, 1, 5)
	deliver(run, 2, 4, 5)
	confirm, deny, naive := verdicts(op, 2)
	if len(confirm) != 2 || len(naive) != 4 || len(deny) != 5 {
		t.Errorf("confirm %v, deny %v, by the naive rule %v; want 2, 5 and 4", confirm, deny, naive)
	}
	if got := c.Finish(run); string(got.Value) != "old" {
		t.Errorf("the READ returns %q, want old", got.Value)
	}
}

// Under way is a READ of p2 beside a WRITE of "new" at t = 2, after one of "old"; s7 is silent to the READ.
type underWay struct {
	*prototest.Cluster
	write, run *prototest.Run
	read       *read
}

func newUnderWay(t *testing.T) underWay {
	c := prototest.New(t, Protocol{}, 2, "modern", 1)
	w, reader := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
	c.Finish(w.Write("k", []byte("old")))
	c.Run()
	u := underWay{Cluster: c, write: w.Write("k", []byte("new")), read: reader.Register.Read("k", protocols.Heap{}).(*read)}
	u.run = c.Start(reader, "k", protocols.Read, nil, u.read)
	c.Hold(func(e prototest.Envelope) bool { return u.run.Is(e) && e.Server == 6 })
	return u
}

// deliver has the servers of those indexes get and answer a round.
func (u underWay) deliver(run *prototest.Run, round int, servers ...int) {
	for _, server := range servers {
		u.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && e.Round == round && e.Server == server })
	}
}

// forge has s1 tell LOOK that 2 is written, with that T and value, and SHOW that it is not.
func (u underWay) forge(value string, marks ...Mark) {
	u.Forge(0, func(request, _ protocols.Message) *protocols.Message {
		written := []Spans{{Spans: []Span{{From: 1, To: 1}}}}
		if _, ok := request.Body.(*Show); ok {
			return &protocols.Message{Body: &View{Registers: written}}
		}
		if _, ok := request.Body.(*Look); !ok {
			return nil
		}
		written[0].Spans = append(written[0].Spans, Span{From: 2, To: 2, Marks: marks})
		return &protocols.Message{
			Body: &View{Registers: written, Parts: []Part{{Num: 2, Length: uint64(len(value))}}}, Payload: []byte(value),
		}
	})
}

// s1 tells of 2 with the T that 2 is going to have, and then denies it. s2 and s3 get it between LOOK and SHOW: their replies to
// LOOK deny it, those to SHOW do not. Were the last reply of each all that counts, two would confirm and four deny, for ever.
func TestEarlierRepliesDeny(t *testing.T) {
	u := newUnderWay(t)
	u.forge("what nobody wrote", Mark{Server: 5, Reader: 2, Number: 3})
	u.deliver(u.run, 1, 0, 1, 2, 3, 4)
	u.deliver(u.run, 2, 5) // so that s6 tells the writer of SHOW
	u.deliver(u.write, 1, 0, 1, 2, 5, 6)
	u.deliver(u.write, 2, 1, 2)
	u.deliver(u.run, 2, 1, 2, 0, 3, 4)
	u.deliver(u.run, 1, 5)
	if got := u.Finish(u.run); string(got.Value) != "old" {
		t.Errorf("the READ returns %q, want old", got.Value)
	}
}

// s1 guesses the T of 2, in which s2 … s4 have seen SHOW. They cannot have told so before it began: LOOK waits for one more
// reply, and goes on without s1.
func TestConflictsAreNotBelieved(t *testing.T) {
	u := newUnderWay(t)
	u.forge("new", Mark{Server: 1, Reader: 2, Number: 3}, Mark{Server: 2, Reader: 2, Number: 3}, Mark{Server: 3, Reader: 2, Number: 3})
	u.deliver(u.run, 1, 0, 1, 2, 3, 4)
	if u.run.Rounds() != 1 {
		t.Fatal("LOOK ends with replies of which one is a lie")
	}
	u.deliver(u.run, 1, 5)
	if u.run.Rounds() != 2 || slices.Contains(u.read.agreed, 0) {
		t.Fatalf("round %d, with the replies of %v", u.run.Rounds(), u.read.agreed)
	}
	if got := u.Finish(u.run); got.Bottom {
		t.Errorf("the READ returns %+v", got)
	}
}

// Of four servers s1 and s2 have what is complete, s3 lags behind and s4 lies. Two denials are not enough: that is the new value.
func TestTwoDenialsAreTooFew(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("old")))
	c.Run()
	old := map[bool]*View{true: {Registers: []Spans{{Spans: []Span{{From: 1, To: 1}}}}}, false: {}}
	old[false].Registers, old[false].Parts = old[true].Registers, []Part{{Num: 1, Length: 3}}
	c.Forge(3, func(request, _ protocols.Message) *protocols.Message {
		switch request.Body.(type) {
		case *Look:
			return &protocols.Message{Body: old[false], Payload: []byte("old")}
		case *Show:
			return &protocols.Message{Body: old[true]}
		}
		return nil
	})
	c.Hold(prototest.Of(2))
	c.Finish(w.Write("k", []byte("new")))
	c.Release()
	run := c.Client(2, protocols.Reader).Read("k")
	c.Deliver(func(e prototest.Envelope) bool { return run.Is(e) && e.Server != 1 })
	c.Lose(func(e prototest.Envelope) bool { return !run.Is(e) })
	if got := c.Finish(run); string(got.Value) != "new" {
		t.Errorf("the READ returns %q, want new", got.Value)
	}
}
