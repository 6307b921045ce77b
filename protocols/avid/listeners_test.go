package avid

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid/kept"
	"github.com/powbench/powbench/protocols/prototest"
)

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
