package byzantine

import (
	"errors"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/prototest"
)

// A lurker publishes nothing. Its accomplice publishes the oldest WRITE first, and from then on the lurker prepares none.
func TestLurkingWrites(t *testing.T) {
	c := prototest.New(t, mabd.Protocol{}, 1, "modern", 1)
	a, err := ByID(Catalog(), "Z4")
	if err != nil {
		t.Fatal(err)
	}
	part := Part{Protocol: mabd.Protocol{}, T: 1, Suite: c.Suite, Dice: NewDice(1), Loot: &Loot{}}
	liar := a.Writer(part, func(protocols.Timestamp) protocols.Register { return c.Register(1, protocols.Writer) })
	accomplice := a.Reader(part, c.Register(2, protocols.Reader))
	writer, reader := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
	lie := func(value string) *prototest.Run {
		run := c.Start(writer, "k", protocols.Write, nil, liar.Lie("k", []byte(value), nil, protocols.Heap{}))
		c.Run()
		return run
	}
	for _, value := range []string{"one", "two"} {
		if run := lie(value); !run.Done() || run.Rounds() != 1 {
			t.Errorf("the WRITE of %s, done %v, has begun %d rounds, want all but the last", value, run.Done(), run.Rounds())
		}
	}
	if got := c.Finish(c.Client(3, protocols.Reader).Read("k")); !got.Bottom {
		t.Errorf("a READ returns %q before anything is published", got.Value)
	}
	for i, want := range []string{"one", "two"} {
		c.Finish(c.Start(reader, "k", protocols.Read, nil, accomplice.Read("k", protocols.Heap{})))
		if got := c.Finish(c.Client(uint64(4+i), protocols.Reader).Read("k")); string(got.Value) != want {
			t.Errorf("a READ returns %q, want %q", got.Value, want)
		}
	}
	if _, err := lie("three").Result(); !errors.Is(err, errRevoked) {
		t.Errorf("a WRITE after the key was revoked: %v", err)
	}
}
