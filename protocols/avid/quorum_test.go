package avid

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// A READ that hears of a version from two servers waits until a third has it too: the next READ may hear of the other two.
func TestReadsWaitForAQuorum(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c := prototest.New(t, p, 1, "modern", 1)
		w := c.Client(1, protocols.Writer)
		c.Finish(w.Write("k", []byte("old")))
		c.Run()
		write := w.Write("k", []byte("new"))
		c.Deliver(write.Is)
		c.Hold(func(e prototest.Envelope) bool { // the dispersal ends at s1 and s2
			v, is := e.Body.(*Vote)
			return is && v.Ready && e.Server > 1
		})
		c.Run()
		c.Hold(prototest.Of(3))
		read := c.Client(2, protocols.Reader).Read("k")
		if c.Run(); read.Done() {
			t.Error("a READ ends with what two servers have")
		}
		c.Release()
		if got := c.Finish(read); string(got.Value) != "new" {
			t.Errorf("the READ returns %q, want new", got.Value)
		}
	})
}

// lowClock is a server that lies: it tells WRITEs an old timestamp.
type lowClock struct {
	*server
	ts protocols.Timestamp
}

func (l lowClock) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	e, err := l.server.Take(in, state)
	if _, is := e.Reply.Body.(*Clock); is {
		e.Reply.Body = &Clock{TS: l.ts}
	}
	return e, err
}

// Two servers tell a WRITE an old timestamp, one of them lies and the other lags behind: it waits for a third, and then for one
// that vouches for what that tells.
func TestWritesWaitForAQuorum(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("one")))
	c.Run()
	c.Servers[2] = lowClock{c.Servers[2].(*server), protocols.Timestamp{Num: 1, PID: 1}}
	c.Hold(prototest.Of(3))
	c.Finish(c.Client(2, protocols.Writer).Write("k", []byte("two")))
	third := c.Client(3, protocols.Writer).Write("k", []byte("three"))
	c.Deliver(func(e prototest.Envelope) bool { return third.Is(e) && e.Server > 1 })
	if got := c.Finish(third); got.Timestamp.Num != 3 {
		t.Errorf("the third WRITE has timestamp %v", got.Timestamp)
	}
}
