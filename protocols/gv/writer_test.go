package gv

import (
	"errors"
	"math"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

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

// ledger is what numbers were issued, or why that cannot be told.
type ledger struct {
	last uint64
	err  error
}

func (l ledger) Last(protocols.Key) (uint64, error) { return l.last, l.err }

func (l ledger) Keep(protocols.Key, uint64) error { return nil }

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
