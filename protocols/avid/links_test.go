package avid

import (
	"errors"
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid/kept"
	"github.com/powbench/powbench/protocols/prototest"
)

// Servers refuse votes that no correct server sends: with what is not the sender's fragment, or of a cluster for another t.
func TestVotesAreRefused(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, _, fragments, check := cluster(t, p, "value")
		larger := p.params(2, c.Suite)
		others, otherCheck, err := larger.encode([]byte("value"), protocols.Heap{})
		if err != nil {
			t.Fatal(err)
		}
		ts := protocols.Timestamp{Num: 1, PID: 1}
		vote := func(ts protocols.Timestamp, check Checksum, fragment []byte) protocols.Message {
			return protocols.Message{Body: &Vote{TS: ts, Check: check, Echo: true}, Payload: fragment}
		}
		right, wrong := fragments[1], fragments[2]
		if p.Fingerprints {
			right, wrong = nil, fragments[1]
		}
		from := func(server int, m protocols.Message) error {
			in := protocols.Incoming{Key: "k", Message: m, Server: server}
			_, err := protocols.Take(c.Servers[0], in, &prototest.Peek{Cluster: c, Server: 0, Key: "k"})
			return err
		}
		for name, m := range map[string]protocols.Message{
			"another's fragment":  vote(ts, check, wrong),
			"too long a fragment": vote(ts, check, append([]byte("longer"), right...)),
			"no timestamp":        vote(protocols.Timestamp{}, check, right),
			"hashes of another t": vote(ts, otherCheck, others[1]),
			"a client's DISPERSE": {Body: &Disperse{TS: ts, Check: check}, Payload: fragments[0]},
		} {
			if err := from(1, m); !errors.Is(err, protocols.ErrRefused) {
				t.Errorf("%s: %v, want a refusal", name, err)
			}
		}
		if err := from(1, vote(ts, check, right)); err != nil {
			t.Errorf("a correct vote: %v", err)
		}
		m := protocols.Message{Body: &Disperse{TS: ts, Check: otherCheck}, Payload: others[0]}
		if _, err := c.Request(protocols.Writer, "k", 0, m); !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("DISPERSE of a client for another t: %v, want a refusal", err)
		}
	})
}

// A link between two servers that is down is asynchrony: with all servers up operations end; with one silent besides, they
// wait. When the link is back, all have the last version.
func TestLinksBetweenServers(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		for a := range 4 {
			for b := range a {
				c := prototest.New(t, p, 1, "modern", 1)
				down := func(e prototest.Envelope) bool {
					return e.Peer && (e.From == a && e.Server == b || e.From == b && e.Server == a)
				}
				c.Hold(down)
				for i := range uint64(3) {
					want := fmt.Sprint("v", i)
					c.Finish(c.Client(1+i, protocols.Writer).Write("k", []byte(want)))
					if got := c.Finish(c.Client(5+i, protocols.Reader).Read("k")); string(got.Value) != want {
						t.Errorf("s%d and s%d do not hear each other: a READ returns %q, want %q", a+1, b+1, got.Value, want)
					}
				}
				third := 0
				for third == a || third == b {
					third++
				}
				c.Hold(prototest.Of(third))
				last := c.Client(9, protocols.Writer).Write("k", []byte("last"))
				if c.Run(); last.Done() {
					t.Errorf("a WRITE ends at two servers that do not hear each other, and one more")
				}
				c.Release()
				if c.Finish(last); len(c.Flying()) > 0 {
					t.Errorf("%d messages are left", len(c.Flying()))
				}
				for server := range c.Servers {
					var r kept.Register
					if c.Load(server, "k", kept.Record, &r); r.Time.TS.Num != 4 {
						t.Errorf("s%d has version %v, want the last", server+1, r.Time.TS)
					}
				}
			}
		}
	})
}
