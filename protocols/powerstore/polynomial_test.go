package powerstore

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// §3.3: "correct servers never divulge their share". Whoever sees all messages sees neither x_i nor P(x_i) of any
// server, before COMPLETE or after.
func TestSharesAreNotTold(t *testing.T) {
	c := prototest.New(t, Protocol{Polynomial: true}, 1, "modern", 1)
	w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
	runs := []*prototest.Run{w.Write(key, []byte("v")), nil, nil}
	c.Finish(runs[0])
	c.Deliver(prototest.Everything)
	for i := range runs[1:] {
		runs[i+1] = r.Read(key)
		c.Finish(runs[i+1])
		c.Deliver(prototest.Everything)
	}
	secrets := map[string]bool{}
	for server := range c.Servers {
		var e Entry
		c.Load(server, key, recordHist(lcOf(c, server).TS), &e)
		if !paramsOf(c).pow.Verify(e.Commitment, lcOf(c, server).Nonce) {
			t.Fatalf("s%d holds no share of what was written", server+1)
		}
		secrets[string(e.Commitment[:32])], secrets[string(e.Commitment[32:])] = true, true
	}
	if len(secrets) != 8 {
		t.Fatalf("the four servers hold %d numbers, want 8", len(secrets))
	}
	for _, run := range runs {
		for secret := range secrets {
			if e, told, err := run.Tells([]byte(secret)); told || err != nil {
				t.Errorf("%v of a %s tells a share (%v)", e, run.Kind, err)
			}
		}
		if _, told, _ := run.Tells(lcOf(c, 0).Nonce); !told {
			t.Errorf("the %s does not tell the polynomial: the test looks in the wrong place", run.Kind)
		}
	}
}

// A share is worth nothing at another server, under another key or with another timestamp: the STORE is refused.
func TestShareOfAnother(t *testing.T) {
	p := Protocol{Polynomial: true}
	c, store, fragment, _ := requests(t, p)
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

// A writer needs the key of every server to seal its share with.
func TestWriterWithoutAllKeys(t *testing.T) {
	c := prototest.New(t, Protocol{Polynomial: true}, 1, "modern", 1)
	keys := c.WriterKeys
	keys.Groups = keys.Groups[1:]
	register := Protocol{Polynomial: true}.NewRegister(protocols.ClientParams{
		T: 1, PID: 1, Suite: c.Suite, Keys: keys, Entropy: rand.NewChaCha8([32]byte{1}),
	})
	op := register.Write(key, nil, protocols.Heap{})
	if next := op.Start(); next != nil {
		t.Error("the WRITE begins")
	}
	if _, err := op.Result(); err == nil {
		t.Error("the WRITE succeeded")
	}
}

// Results name the system by its proofs of writing: what one measures must not stand under the other's name.
func TestNameTellsTheProof(t *testing.T) {
	for want, p := range map[string]Protocol{"powerstore": {}, "powerstore+polynomial": {Polynomial: true}} {
		if got := protocols.NameOf(p); got != want {
			t.Errorf("%+v is called %q, want %q", p, got, want)
		}
	}
}
