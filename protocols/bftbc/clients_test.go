package bftbc

import (
	"errors"
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// everyone is all servers.
func everyone(c *prototest.Cluster) (all []int) {
	for i := range c.Servers {
		all = append(all, i)
	}
	return all
}

// A client announces one value to some servers and another to the rest, under one timestamp. However it divides them, and
// although t servers sign everything, at most one of the values is ever certified.
func TestTwoValuesUnderOneTimestamp(t *testing.T) {
	for faults := 1; faults <= 2; faults++ {
		for half := range 3*faults + 2 {
			c := prototest.New(t, Protocol{}, faults, "modern", 1)
			all := everyone(c)
			p, liars := newForger(c).client(9), all[:faults]
			a, b := p.prepare(Prepared{}, "a", Written{}), p.prepare(Prepared{}, "b", Written{})
			p.gather(a, liars, all[:half]...)
			p.gather(b, liars, all[half:]...)
			_, first := p.gather(a, liars, all...)
			_, second := p.gather(b, liars, all...)
			if first && second {
				t.Errorf("t=%d: both values are certified when %d servers hear of the first", faults, half)
			}
		}
	}
}

// Nor does a server sign one value of a client under two timestamps: each would be a WRITE.
func TestOneValueUnderTwoTimestamps(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	f := newForger(c)
	p := f.client(9)
	prepare := func(max Prepared) error {
		_, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: p.prepare(max, "a", Written{})})
		return err
	}
	if err := prepare(Prepared{}); err != nil {
		t.Fatal(err)
	}
	if err := prepare(f.prepared("k", protocols.Timestamp{Num: 1, PID: 3}, "b", 0, 1, 2)); !errors.Is(err, protocols.ErrRefused) {
		t.Errorf("the same value under the next timestamp: %v, want a refusal", err)
	}
}

// stop is a client that prepares as many values as servers let it, each after the one before, and writes none: it stops,
// and leaves the certificates to an accomplice.
func (c client) stop(liars []int) (left []Prepared) {
	var max Prepared
	for i := range 4 {
		m := c.prepare(max, fmt.Sprintf("lurking %d", i), Written{})
		p, enough := c.gather(m, liars, everyone(c.Cluster)...)
		if !enough {
			break
		}
		max, left = p, append(left, p)
	}
	return left
}

// A client that has been stopped leaves one lurking write: one value that an accomplice can publish later. A second one it
// could have prepared only by showing that the first was written.
func TestOneLurkingWrite(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		c := prototest.New(t, Protocol{}, faults, "modern", 1)
		f := newForger(c)
		reader := c.Client(2, protocols.Reader)
		left := f.client(9).stop(everyone(c)[:faults])
		seen := map[string]bool{}
		for i, p := range left {
			f.publish(p, fmt.Sprintf("lurking %d", i), everyone(c)...)
			if got := c.Finish(reader.Read("k")); !got.Bottom {
				seen[string(got.Value)] = true
			}
		}
		if len(seen) != 1 {
			t.Errorf("t=%d: READs return %d lurking writes, want 1", faults, len(seen))
		}
	}
}

// Once another WRITE has ended, what lurks below it is never read, and the client may prepare again.
func TestNewerWritesCoverLurkingOnes(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	f := newForger(c)
	left := f.client(1).stop(nil)
	if len(left) != 1 {
		t.Fatalf("%d certificates", len(left))
	}
	w := c.Client(5, protocols.Writer)
	for i := range 2 {
		c.Finish(w.Write("k", fmt.Appendf(nil, "v%d", i)))
	}
	if acks := f.publish(left[0], "lurking 0", everyone(c)...); acks != 4 {
		t.Errorf("%d servers acknowledge what is old", acks)
	}
	if got := c.Finish(c.Client(2, protocols.Reader).Read("k")); string(got.Value) != "v1" {
		t.Errorf("READ returns %q", got.Value)
	}
	var p plans
	if c.Load(0, "k", recordPrepared, &p); len(p.Open) != 1 || p.Open[0].TS.PID != 5 || p.Written.Num != 1 {
		t.Errorf("plans %+v, want that of the last WRITE alone", p)
	}
}

// A client shows an old certificate: its timestamp is low, servers sign it and store nothing over what is newer.
func TestStaleCertificate(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	f := newForger(c)
	w := c.Client(5, protocols.Writer)
	for i := range 3 {
		c.Finish(w.Write("k", fmt.Appendf(nil, "v%d", i)))
	}
	stale := f.client(9)
	p, enough := stale.gather(stale.prepare(Prepared{}, "stale", Written{}), nil, everyone(c)...)
	if !enough {
		t.Fatal("a WRITE that is late is not signed: it would not end")
	}
	f.publish(p, "stale", everyone(c)...)
	if got := c.Finish(c.Client(2, protocols.Reader).Read("k")); string(got.Value) != "v2" {
		t.Errorf("READ returns %q", got.Value)
	}
}

// A client whose WRITE has ended gets no second signature under its timestamp, whatever the value.
func TestNothingToPrepareOnceWritten(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	f := newForger(c)
	p := f.client(9)
	one, _ := p.gather(p.prepare(Prepared{}, "one", Written{}), nil, everyone(c)...)
	f.publish(one, "one", 0, 1, 2)
	if _, enough := p.gather(p.prepare(Prepared{}, "two", f.written("k", one.TS, 0, 1, 2)), []int{0}, everyone(c)...); enough {
		t.Error("two values are certified under one timestamp")
	}
	if _, err := c.Request(protocols.Writer, "k", 1, protocols.Message{Body: p.prepare(one, "two", Written{})}); !errors.Is(err, protocols.ErrRefused) {
		t.Errorf("a plan after one that is not shown to be written: %v", err)
	}
	if _, enough := p.gather(p.prepare(one, "two", f.written("k", one.TS, 0, 1, 2)), nil, everyone(c)...); !enough {
		t.Error("its next WRITE is not signed")
	}
}

// A client that gave a WRITE up ends it before the next one, from a copy of the value, whose memory it gave back.
func TestGivenUpWritesAreEnded(t *testing.T) {
	for round, want := range map[int]int{1: 3, 2: 5, 3: 4} {
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		w, value := c.Client(1, protocols.Writer), []byte("lost")
		lost := w.Write("k", value)
		c.Deliver(func(e prototest.Envelope) bool { return lost.Is(e) && (e.Round < round || e.Server == 0 && !e.Reply) })
		lost.Abandon()
		c.Lose(lost.Is)
		clear(value)
		next := w.Write("k", []byte("next"))
		c.Deliver(func(e prototest.Envelope) bool { return next.Is(e) && e.Round <= want-2 })
		if got := c.Finish(c.Client(2, protocols.Reader).Read("k")); round > 1 && string(got.Value) != "lost" {
			t.Errorf("given up in round %d, the next has ended it: READ returns %q", round, got.Value)
		}
		if got := c.Finish(next); next.Rounds() != want || got.Timestamp.Num != uint64(min(round, 2)) {
			t.Errorf("after one given up in round %d: %+v, after %d rounds, want %d", round, got, next.Rounds(), want)
		}
		if got := c.Finish(c.Client(3, protocols.Reader).Read("k")); string(got.Value) != "next" {
			t.Errorf("READ returns %q", got.Value)
		}
	}
}
