package avid

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid/kept"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/prototest"
)

// both runs the test on AVID and on AVID-FP.
func both(t *testing.T, test func(*testing.T, Protocol)) {
	for _, p := range []Protocol{{}, {Fingerprints: true}} {
		t.Run(p.Traits(1).Title, func(t *testing.T) { test(t, p) })
	}
}

func TestConform(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) { prototest.Conform(t, p) })
}

// cluster is one of four servers, with a value's fragments.
func cluster(t *testing.T, p Protocol, value string) (*prototest.Cluster, params, [][]byte, Checksum) {
	t.Helper()
	c := prototest.New(t, p, 1, "modern", 1)
	is := p.params(1, c.Suite)
	fragments, check, err := is.encode([]byte(value), protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	return c, is, fragments, check
}

// Servers refuse what no correct client sends.
func TestRefusals(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, _, fragments, check := cluster(t, p, "value")
		w, ts := protocols.Writer, protocols.Timestamp{Num: 1, PID: 1}
		short, printed := check, check
		short.CC.Hashes = check.CC.Hashes[1:]
		printed.Prints = append(bytes.Clone(check.Prints), make([]byte, 16)...)
		last := protocols.Timestamp{Num: math.MaxUint64, PID: 1}
		c.CheckRefused(map[string]prototest.Request{
			"a reader's DISPERSE":   prototest.From(protocols.Reader, &Disperse{TS: ts, Check: check}, fragments[0]),
			"another's fragment":    prototest.From(w, &Disperse{TS: ts, Check: check}, fragments[1]),
			"no fragment":           prototest.From(w, &Disperse{TS: ts, Check: check}, nil),
			"no timestamp":          prototest.From(w, &Disperse{Check: check}, fragments[0]),
			"the last timestamp":    prototest.From(w, &Disperse{TS: last, Check: check}, fragments[0]),
			"too few hashes":        prototest.From(w, &Disperse{TS: ts, Check: short}, fragments[0]),
			"too many fingerprints": prototest.From(w, &Disperse{TS: ts, Check: printed}, fragments[0]),
			"a writer's short name": prototest.From(w, &Disperse{TS: ts, Check: check, Listener: []byte("name")}, fragments[0]),
			"a short name":          prototest.From(w, &Read{Listener: []byte("name")}, nil),
			"a server's vote":       prototest.From(w, &Vote{TS: ts, Check: check, Echo: true, Ready: true}, fragments[0]),
		})
	})
}

// poison lets a lying writer disperse fragments that are of no value: the last bad ones are wrong, but match their hashes.
// With fingerprints the checksum has the right ones of the first two. It returns how many servers refuse theirs.
func poison(c *prototest.Cluster, is params, value string, bad int) (refused int) {
	fragments, check, err := is.encode([]byte(value), protocols.Heap{})
	if err != nil {
		c.Fatalf("%v", err)
	}
	for i := len(fragments) - bad; i < len(fragments); i++ {
		fragments[i] = bytes.Clone(fragments[i])
		fragments[i][0] ^= 1
		check.CC.Hashes[i] = is.suite.Hash(fragments[i])
	}
	if is.fingerprints {
		check = fingerprint.Of(is.suite, check.CC, fragments[:2])
	}
	for i, f := range fragments {
		m := protocols.Message{Body: &Disperse{TS: protocols.Timestamp{Num: 1, PID: 9}, Check: check}, Payload: f}
		if _, err := c.Request(protocols.Writer, "k", i, m); err != nil {
			refused++
		}
	}
	c.Run()
	return refused
}

// A dispersal of what is of no value ends at no server (AVID), or only the fragments that are of the value take part
// (AVID-FP): with one wrong among four it ends, and all READs return the value, whichever server is silent.
func TestPoisonous(t *testing.T) {
	const value = "a value of more than sixteen bytes a fragment, or fingerprints are the fragments themselves"
	both(t, func(t *testing.T, p Protocol) {
		for bad := 1; bad <= 2; bad++ {
			c := prototest.New(t, p, 1, "modern", 1)
			refused, want := poison(c, p.params(1, c.Suite), value, bad), ""
			if p.Fingerprints && bad == 1 {
				want = value
			}
			if p.Fingerprints && refused != bad || !p.Fingerprints && refused > 0 {
				t.Errorf("%d servers refuse their fragments, %d are wrong", refused, bad)
			}
			for silent := range c.Servers {
				c.Hold(prototest.Of(silent))
				got := c.Finish(c.Client(uint64(2+silent), protocols.Reader).Read("k"))
				if string(got.Value) != want || got.Bottom != (want == "") {
					t.Errorf("%d wrong, s%d silent: a READ returns %q", bad, silent+1, got.Value)
				}
				c.Lose(prototest.Everything)
				c.Release()
			}
		}
	})
}

// votes hands the votes of other servers to the first one, and reports whether it has taken the version. Each is a
// server's, and what it says.
func voted(t *testing.T, p Protocol, disperse bool, votes ...Vote) (c *prototest.Cluster, sent, ended bool) {
	c, _, fragments, check := cluster(t, p, "value")
	ts := protocols.Timestamp{Num: 1, PID: 1}
	if disperse {
		m := protocols.Message{Body: &Disperse{TS: ts, Check: check}, Payload: fragments[0]}
		if _, err := c.Request(protocols.Writer, "k", 0, m); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range votes {
		v.TS, v.Check = ts, check
		m := protocols.Message{Body: &v}
		if !p.Fingerprints {
			m.Payload = fragments[i+1]
		}
		c.Send(i+1, 0, "k", m)
	}
	c.Deliver(func(e prototest.Envelope) bool { return e.Peer && e.Server == 0 })
	for _, e := range c.Flying() {
		if v, ok := e.Body.(*Vote); ok && e.From == 0 && v.Ready {
			sent = true
		}
	}
	return c, sent, hasVersion(t, c)
}

// registerOf is the first server's record of the register.
func registerOf(t *testing.T, c *prototest.Cluster) kept.Register {
	t.Helper()
	r, err := kept.Load(&prototest.Peek{Cluster: c, Server: 0, Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hasVersion reports whether the first server has taken a version.
func hasVersion(t *testing.T, c *prototest.Cluster) bool { return !registerOf(t, c).Time.TS.IsZero() }

// READY needs 2t+1 ECHOs or t+1 READYs, and the end 2t+1 READYs. One vote fewer is not enough.
func TestThresholds(t *testing.T) {
	echo, ready := Vote{Echo: true}, Vote{Ready: true}
	both(t, func(t *testing.T, p Protocol) {
		for _, c := range []struct {
			disperse    bool
			votes       []Vote
			sent, ended bool
		}{
			{true, nil, false, false},
			{true, []Vote{echo}, false, false},
			{true, []Vote{echo, echo}, true, false},
			{false, []Vote{echo, echo}, false, false},
			{false, []Vote{echo, echo, echo}, true, false},
			{false, []Vote{ready}, false, false},
			{true, []Vote{ready}, false, false},
			{false, []Vote{ready, ready}, true, true}, // with its own, 3 READYs
			{true, []Vote{echo, {Echo: true, Ready: true}}, true, false},
		} {
			if _, sent, ended := voted(t, p, c.disperse, c.votes...); sent != c.sent || ended != c.ended {
				t.Errorf("DISPERSE %v and %+v: READY %v, ended %v, want %v, %v", c.disperse, c.votes, sent, ended, c.sent, c.ended)
			}
		}
	})
}

// A server counts each other server's vote once.
func TestVotesTwice(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, _, fragments, check := cluster(t, p, "value")
		for range 3 {
			m := protocols.Message{Body: &Vote{TS: protocols.Timestamp{Num: 1, PID: 1}, Check: check, Echo: true, Ready: true}}
			if !p.Fingerprints {
				m.Payload = fragments[1]
			}
			c.Send(1, 0, "k", m)
		}
		c.Run()
		if hasVersion(t, c) {
			t.Error("three votes of one server end a dispersal")
		}
	})
}

// With fingerprints a server's version may come without its fragment; it takes the fragment when that comes.
func TestLateFragment(t *testing.T) {
	p := Protocol{Fingerprints: true}
	ready := Vote{Ready: true}
	c, _, ended := voted(t, p, false, ready, ready, ready)
	if r, found := c.Record(0, "k", recordFragments(timeOfTest(c, p))); !ended || !found || len(r.Payload) > 0 {
		t.Fatalf("ended %v, with a fragment: %v", ended, len(r.Payload) > 0)
	}
	_, is, fragments, check := cluster(t, p, "value")
	m := protocols.Message{Body: &Disperse{TS: protocols.Timestamp{Num: 1, PID: 1}, Check: check}, Payload: fragments[0]}
	if reply, err := c.Request(protocols.Writer, "k", 0, m); err != nil || fmt.Sprintf("%T", reply.Body) != "*avid.Stored" {
		t.Fatalf("%T, %v", reply.Body, err)
	}
	if r, _ := c.Record(0, "k", recordFragments(timeOfTest(c, p))); !is.right(check, 0, r.Payload) {
		t.Errorf("the late fragment is not stored: %x", r.Payload)
	}
}

func timeOfTest(c *prototest.Cluster, p Protocol) Time {
	is := p.params(1, c.Suite)
	_, check, _ := is.encode([]byte("value"), protocols.Heap{})
	return is.timeOf(protocols.Timestamp{Num: 1, PID: 1}, check)
}

// A WRITE takes no timestamp that only t servers have reached.
func TestVouched(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	c.Servers[0] = &clockLiar{c.Servers[0].(*server)}
	for i := range uint64(3) {
		run := c.Client(1+i, protocols.Writer).Write("k", []byte("value"))
		if got := c.Finish(run); got.Timestamp.Num != i+1 {
			t.Errorf("WRITE %d has timestamp %v", i+1, got.Timestamp)
		}
	}
}

type clockLiar struct{ *server }

func (l *clockLiar) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	e, err := l.server.Take(in, state)
	if _, ok := e.Reply.Body.(*Clock); ok {
		e.Reply.Body = &Clock{TS: protocols.Timestamp{Num: 1 << 40, PID: 1}}
	}
	return e, err
}
