package mpowerstore_test

import (
	"errors"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
)

var polynomial = variants.Polynomial()

// shareOf is what a server keeps of a candidate's STORE: x_i and P(x_i).
func shareOf(t *testing.T, c *prototest.Cluster, server int, ts protocols.Timestamp) []byte {
	t.Helper()
	r, _ := c.Record(server, key, RecordHist(ts))
	var e Entry
	if err := wire.Unmarshal(r.Body, &e); err != nil {
		t.Fatal(err)
	}
	return e.Commitment
}

// §3.3: "correct servers never divulge their share". Whoever sees all messages sees neither x_i nor P(x_i) of any
// server, not even in a READ that finds P by Hist or needs REPAIR. Broken by FILTER_ACK with the entry as it is kept.
func TestSharesAreNotTold(t *testing.T) {
	c := prototest.New(t, polynomial, 1, "modern", 1)
	w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
	write, good := interrupted(c, w, "v", []int{0, 1, 3}, 3)
	claim(c, 3, spoilt(good))
	repairing, later := r.Read(key), (*prototest.Run)(nil)
	c.DeliverFrom(repairing, 0, 2, 3)
	later = r.Read(key)
	c.DeliverFrom(later, 0, 1, 2)
	if repairing.Rounds() != 3 || later.Rounds() != 2 {
		t.Fatalf("READs of %d and %d rounds, want 3 and 2", repairing.Rounds(), later.Rounds())
	}
	for _, run := range []*prototest.Run{write, repairing, later} {
		for _, server := range []int{0, 1, 3} {
			share := shareOf(t, c, server, good.TS.Timestamp)
			for _, secret := range [][]byte{share[:32], share[32:]} {
				if e, told, err := run.Tells(secret); told || err != nil {
					t.Errorf("%v tells the share of s%d (%v)", e, server+1, err)
				}
			}
		}
		if _, told, _ := run.Tells(good.Nonce); !told {
			t.Errorf("the %s does not tell the polynomial: the test looks in the wrong place", run.Kind)
		}
	}
}

// A share is worth nothing at another server, under another key or with another timestamp: the STORE is refused.
func TestShareOfAnother(t *testing.T) {
	c, store, fragment, _ := requests(t, polynomial)
	later := store
	later.Entry.TS.Num++
	for name, x := range map[string]struct {
		key    protocols.Key
		server int
		body   *Store
	}{"server": {key, 1, &store}, "key": {"other", 0, &store}, "timestamp": {key, 0, &later}} {
		m := protocols.Message{Body: x.body, Payload: fragment}
		if _, err := c.Request(protocols.Writer, x.key, x.server, m); !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("the share of another %s: %v, want a refusal", name, err)
		}
	}
	if _, err := c.Request(protocols.Writer, key, 0, protocols.Message{Body: &store, Payload: fragment}); err != nil {
		t.Errorf("the server's own share: %v", err)
	}
}

// A Byzantine server that knows P tells of another polynomial, alone or with t−1 more: no group of t+1 agrees on it, and
// the READ returns what the correct servers tell. Broken by a reader that believes one server.
func TestServersThatTellOfAnotherPolynomial(t *testing.T) {
	c := prototest.New(t, polynomial, 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write(key, []byte("v")))
	c.Deliver(prototest.Everything)
	wrong := lcOf(c, 0, key)
	wrong.Nonce = prototest.Flipped(wrong.Nonce)
	c.Forge(0, func(_, reply protocols.Message) *protocols.Message {
		switch ack := reply.Body.(type) {
		case *CollectAck:
			return &protocols.Message{Body: &CollectAck{Candidate: wrong}}
		case *FilterAck:
			lie := FilterAck{TS: ack.TS, Entry: ack.Entry.With(c.Suite.Hash(wrong.Nonce))}
			return &protocols.Message{Body: &lie, Payload: reply.Payload}
		}
		return nil
	})
	expect(t, c, 2, 0, 1, 2)
	for server := 1; server < 4; server++ {
		if lc := lcOf(c, server, key); string(lc.Nonce) == string(wrong.Nonce) {
			t.Errorf("s%d took the other polynomial", server+1)
		}
	}
}
