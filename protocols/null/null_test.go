package null

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
)

// A body can have any length that a namesake's has, and comes out of the codec as it went in.
func TestBodiesHaveAnyLength(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 100, 257, 258, 260, 261, 1000, 65539, 65542, 100_000} {
		p := place{protocols.Write, 3, true}
		b := newBody(p, n)
		data, err := wire.Marshal(nil, b)
		if err != nil || len(data) != n {
			t.Errorf("a body of %d bytes, want %d; %v", len(data), n, err)
		}
		back := Protocol{}.NewBody(b.Kind())
		if err := wire.Unmarshal(data, back); err != nil || !isBody(back, p) {
			t.Errorf("%d bytes come back as %T, %v", n, back, err)
		}
	}
}

func TestKindsTellPlacesApart(t *testing.T) {
	seen := map[protocols.Kind]bool{0: true}
	for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
		for round := 1; round <= protocols.MaxRounds; round++ {
			for _, reply := range []bool{false, true} {
				for _, filled := range []bool{false, true} {
					p := place{op, round, reply}
					k := p.kind(filled)
					if got, f := placeOf(k); seen[k] || got != p || f != filled {
						t.Errorf("%+v, filled %v: kind %d, which is %+v, %v", p, filled, k, got, f)
					}
					seen[k] = true
				}
			}
		}
	}
}

// Operations take the namesake's rounds without waiting for the t slowest servers, and a READ returns ⊥.
func TestRounds(t *testing.T) {
	for _, namesake := range []protocols.Protocol{mpowerstore.Protocol{}, mabd.Protocol{}, phalanx.Protocol{}} {
		p := New(namesake)
		for faults := 1; faults <= 3; faults++ {
			c := prototest.New(t, p, faults, "modern", 1)
			is := p.Traits(faults)
			for i := range faults {
				c.Hold(prototest.Of(i))
			}
			write := c.Client(1, protocols.Writer).Write("k", make([]byte, 1000))
			c.Finish(write)
			read := c.Client(2, protocols.Reader).Read("k")
			got := c.Finish(read)
			if write.Rounds() != len(is.Write) || read.Rounds() != len(is.Read) || !got.Bottom {
				t.Errorf("%s, t=%d: a WRITE of %d rounds and a READ of %d, ⊥ %v; want %d, %d, true", is.System(), faults,
					write.Rounds(), read.Rounds(), got.Bottom, len(is.Write), len(is.Read))
			}
		}
	}
}

// A round ends when a quorum has sent what belongs to it, and nothing else counts.
func TestOnlyAnswersCount(t *testing.T) {
	p := New(mabd.Protocol{})
	op := prototest.New(t, p, 1, "modern", 1).Register(1, protocols.Writer).Write("k", []byte("v"), protocols.Heap{})
	op.Start()
	reply := func(o protocols.Op, round int, reply bool) protocols.Message {
		return protocols.Message{Body: newBody(place{o, round, reply}, 10)}
	}
	for _, wrong := range []protocols.Message{
		{}, reply(protocols.Read, 1, true), reply(protocols.Write, 2, true), reply(protocols.Write, 1, false),
	} {
		for server := range 3 {
			if step := op.Answer(1, server, wrong); step.Done || step.Next != nil {
				t.Errorf("%+v counts for an answer", wrong)
			}
		}
	}
	op.Answer(1, 0, reply(protocols.Write, 1, true))
	if step := op.Answer(1, 1, reply(protocols.Write, 1, true)); step.Next == nil {
		t.Error("a quorum does not end the round")
	}
	if step := op.Answer(1, 2, reply(protocols.Write, 1, true)); step.Next != nil || step.Done {
		t.Error("a late reply ends a round")
	}
}

// A server's replies are as long as what it got last, whatever the key.
func TestServersReplyWhatTheyGot(t *testing.T) {
	p := New(mpowerstore.Protocol{})
	c := prototest.New(t, p, 1, "modern", 1)
	for _, n := range []int{0, 1000, 100_000, 1000} {
		want := (n + 1) / 2 // t+1 fragments make a value
		if n > 0 {
			c.Finish(c.Client(1, protocols.Writer).Write("k", make([]byte, n)))
		}
		reply, err := c.Request(protocols.Reader, "other", 2, protocols.Message{Body: newBody(place{protocols.Read, 2, false}, 10)})
		if err != nil || len(reply.Payload) != want {
			t.Errorf("after a WRITE of %d bytes a reply of %d, want %d; %v", n, len(reply.Payload), want, err)
		}
	}
}
