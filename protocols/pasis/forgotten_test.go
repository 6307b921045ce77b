package pasis

import (
	"errors"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// storeAlone leaves the value of a WRITE that died at one server.
func storeAlone(t *testing.T, c *prototest.Cluster, num uint64, server int) {
	t.Helper()
	p := Protocol{}.params(1, c.Suite)
	fragments, cc, err := p.data.Encode([]byte{byte(num), byte(num >> 8)}, protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	m := protocols.Message{Body: &Store{TS: protocols.Timestamp{Num: num, PID: 9}, CC: cc}, Payload: fragments[server]}
	if _, err := c.Request(protocols.Writer, "k", server, m); err != nil {
		t.Fatal(err)
	}
}

// A server tells where what it may have forgotten begins: before the last time that it told, or before the candidate.
func TestHorizon(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	times := make([]Time, 3)
	for i := range times {
		times[i] = Time{TS: protocols.Timestamp{Num: uint64(9 - i), PID: 1}}
	}
	for n := range 3 {
		for _, forgot := range []bool{false, true} {
			r := c.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
			r.candidate = times[0]
			r.list(&Times{Times: times[1 : 1+n], Forgot: forgot})
			want := Time{}
			if forgot {
				want = times[n]
			}
			if got := r.lists[0].horizon; !got.Equal(want) {
				t.Errorf("%d times told, forgot: %v: horizon %v, want %v", n, forgot, got, want)
			}
		}
	}
}

// Of the servers that have a complete version, t lie, and t may have forgotten it: one that tells it is enough, with those.
func TestForgottenAndHidden(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	all := []int{0, 1, 2, 3, 4}
	c.Interrupt(c.Client(1, protocols.Writer).Write("k", []byte("v")), all, []int{0, 1, 2, 3})
	for i := range maxTimes + 1 {
		storeAlone(t, c, uint64(2+i), 1)
	}
	c.Forge(2, func(_, reply protocols.Message) *protocols.Message {
		switch reply.Body.(type) {
		case *Version:
			return &protocols.Message{Body: &Version{}}
		case *Times:
			return &protocols.Message{Body: &Times{}}
		}
		return nil
	})
	read := c.Client(2, protocols.Reader).Read("k")
	if got := c.DeliverFrom(read, 0, 1, 2, 4); string(got.Value) != "v" {
		t.Errorf("%q (⊥: %v), want v", got.Value, got.Bottom)
	}
}

// Each server has heard of so many WRITEs that died, of others than its neighbours, that it may have forgotten the one that ended. As
// long as t+1 have, no READ returns what is older, or ⊥: it says that it cannot tell. Where one server alone forgot, it returns the
// value.
func TestForgottenVersions(t *testing.T) {
	for name, forgetful := range map[string]int{"all forgot": 5, "t+1 forgot": 2, "t forgot": 1} {
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		c.Run()
		for i := range maxTimes {
			for server := range forgetful {
				storeAlone(t, c, uint64(2+i*forgetful+server), server)
			}
		}
		run := c.Client(20, protocols.Reader).Read("k")
		c.Run()
		got, err := run.Result()
		switch {
		case !run.Done():
			t.Errorf("%s: the READ does not end", name)
		case forgetful == 1 && (err != nil || string(got.Value) != "v"):
			t.Errorf("%s: %q, %v, want v", name, got.Value, err)
		case forgetful > 1 && err == nil && string(got.Value) != "v":
			t.Errorf("%s: %q (⊥: %v), which is old", name, got.Value, got.Bottom)
		case forgetful == 5 && !errors.Is(err, ErrUnsettled):
			t.Errorf("%s: %v, want %v", name, err, ErrUnsettled)
		}
	}
}
