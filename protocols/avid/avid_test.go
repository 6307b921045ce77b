package avid

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
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

// liar is a Byzantine server: it invents timestamps and versions, votes for what it did not get, votes for one half of
// the servers only, forgets, and is silent.
type liar struct {
	*server
	rand *rand.Rand
}

func (l *liar) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	e, err := l.server.Take(in, state)
	if err != nil {
		return e, err
	}
	if l.rand.IntN(3) == 0 {
		e.Records = nil
	}
	l.lie(&e.Reply)
	for i := range e.Later {
		l.lie(&e.Later[i].Message)
	}
	for to, m := range e.Peers {
		switch v, _ := m.Body.(*Vote); {
		case v == nil:
		case l.rand.IntN(4) == 0:
			e.Peers[to] = protocols.Message{}
		case l.rand.IntN(3) == 0: // READY too soon
			e.Peers[to].Body = &Vote{TS: v.TS, Check: v.Check, Echo: true, Ready: true}
		case l.rand.IntN(3) == 0:
			e.Peers[to] = l.invented(v.TS, to)
		}
	}
	return e, nil
}

func (l *liar) lie(m *protocols.Message) {
	switch body := m.Body.(type) {
	case *Clock:
		m.Body = &Clock{TS: l.other(body.TS)}
	case *Version:
		if v := l.invented(body.TS, l.index); l.rand.IntN(2) == 0 {
			vote := v.Body.(*Vote)
			*m = protocols.Message{Body: &Version{TS: vote.TS, Check: vote.Check}, Payload: v.Payload}
		} else if l.rand.IntN(3) == 0 {
			*m = protocols.Message{Body: &Version{}}
		}
	}
}

func (l *liar) other(ts protocols.Timestamp) protocols.Timestamp {
	return protocols.Timestamp{Num: max(1, ts.Num+l.rand.Uint64N(5)), PID: 1 + l.rand.Uint64N(3)}
}

// invented is a vote for a version that nobody wrote, with the right fragment of it.
func (l *liar) invented(ts protocols.Timestamp, _ int) protocols.Message {
	fragments, check, err := l.encode([]byte("invented"), protocols.Heap{})
	if err != nil {
		panic(err)
	}
	m := protocols.Message{Body: &Vote{TS: l.other(ts), Check: check, Echo: true, Ready: true}}
	if !l.fingerprints {
		m.Payload = fragments[l.index]
	}
	return m
}

// The register stays linearizable and its operations end while t servers lie.
func TestLiars(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		for faults := 1; faults <= 3; faults++ {
			prototest.Scenario{
				Protocol: p, Faults: faults, Seeds: 36 / faults,
				Byzantine: func(c *prototest.Cluster, i int) {
					c.Liars = append(c.Liars, i)
					c.Servers[i] = &liar{c.Servers[i].(*server), rand.New(rand.NewPCG(c.Rand.Uint64(), uint64(i)))}
				},
			}.Check(t)
		}
	})
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

// A key has no more listeners than kept.MaxListeners, and COMPLETE ends one.
func TestListeners(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	name := func(n int) []byte { return fmt.Appendf(nil, "%016d", n) }
	for n := range kept.MaxListeners + 5 {
		for range 2 { // the second time as after a reconnect
			if _, err := c.Request(protocols.Reader, "k", 0, protocols.Message{Body: &Read{Listener: name(n)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := registerOf(t, c).Listeners; len(got) != kept.MaxListeners || !bytes.Equal(got[0].Name, name(5)) {
		t.Errorf("%d listeners, the first is %s", len(got), got[0].Name)
	}
	for range 2 {
		if _, err := c.Request(protocols.Reader, "k", 0, protocols.Message{Body: &Complete{Listener: name(5)}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := registerOf(t, c).Listeners; len(got) != kept.MaxListeners-1 || bytes.Equal(got[0].Name, name(5)) {
		t.Errorf("%d listeners after COMPLETE", len(got))
	}
}

// recorder is a server of which a test sees what it sends clients later.
type recorder struct {
	*server
	later []protocols.Letter
}

func (r *recorder) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	e, err := r.server.Take(in, state)
	r.later = append(r.later, e.Later...)
	return e, err
}

// Listeners hear of each version over the one that the server had when they asked: READs with its fragment, WRITEs of its timestamp.
// An older version does not replace a newer one.
func TestWhatListenersHear(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, is, _, _ := cluster(t, p, "")
		r := &recorder{server: c.Servers[0].(*server)}
		c.Servers[0] = r
		ends := func(num uint64, reads, writes int) {
			t.Helper()
			fragments, check, err := is.encode(fmt.Appendf(nil, "value %d", num), protocols.Heap{})
			if err != nil {
				t.Fatal(err)
			}
			r.later = nil
			for from := 1; from < 4; from++ {
				m := protocols.Message{Body: &Vote{TS: protocols.Timestamp{Num: num, PID: 1}, Check: check, Ready: true}}
				if !p.Fingerprints {
					m.Payload = fragments[from]
				}
				c.Send(from, 0, "k", m)
				c.Deliver(func(e prototest.Envelope) bool { return e.Peer && e.Server == 0 })
			}
			told := [2]int{}
			for _, letter := range r.later {
				switch body := letter.Body.(type) {
				case *Version:
					if whole := is.right(check, 0, letter.Payload); body.TS.Num != num || whole == p.Fingerprints {
						t.Errorf("version %d is told as %v, with its fragment: %v", num, body.TS, whole)
					}
					told[0]++
				case *Clock:
					if body.TS.Num != num {
						t.Errorf("version %d is told as %v", num, body.TS)
					}
					told[1]++
				}
			}
			if want := [2]int{reads, writes}; told != want {
				t.Errorf("of version %d hear %d READs and WRITEs, want %d", num, told, want)
			}
		}
		listen := func(body protocols.Body) {
			t.Helper()
			if _, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: body}); err != nil {
				t.Fatal(err)
			}
		}
		name := func(n int) []byte { return fmt.Appendf(nil, "%016d", n) }
		ends(1, 0, 0)
		listen(&Read{Listener: name(1)})
		listen(&GetTS{Listener: name(2)})
		ends(3, 1, 1)
		listen(&Read{Listener: name(3)})
		ends(2, 1, 1)
		if got := registerOf(t, c).Time.TS.Num; got != 3 {
			t.Errorf("the server has version %d", got)
		}
		ends(4, 2, 1)
	})
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
