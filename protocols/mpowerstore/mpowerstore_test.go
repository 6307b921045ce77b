package mpowerstore_test

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
)

// The nonce must not leave the writer before a quorum has stored the data, or it proves nothing.
func TestNonceIsKeptUntilStored(t *testing.T) {
	for _, p := range kinds {
		t.Run(protocols.NameOf(p), func(t *testing.T) { nonceIsKeptUntilStored(t, p) })
	}
}

func nonceIsKeptUntilStored(t *testing.T, p protocols.Protocol) {
	c := prototest.New(t, p, 1, "modern", 1)
	client := c.Client(1, protocols.Writer)
	w := client.Register.Write(key, []byte("v"), protocols.Heap{}).(*Writer)
	run := c.Start(client, key, protocols.Write, []byte("v"), w)
	c.Hold(func(e prototest.Envelope) bool { return e.Round == RoundStore && e.Server > 1 })
	c.Run()
	if run.Rounds() != 2 {
		t.Fatalf("round %d began although two servers have stored", run.Rounds())
	}
	run.Trace = append(run.Trace, c.Flying()...)
	if e, told, err := run.Tells(w.Written().Nonce[:16]); told || err != nil {
		t.Errorf("%v reveals the nonce (%v)", e, err)
	}
	c.Release()
	c.Finish(run)
}

// A writer needs the group keys of all servers.
func TestWriterWithoutAllKeys(t *testing.T) {
	c := prototest.New(t, ours, 1, "modern", 1)
	keys := c.WriterKeys
	keys.Groups = keys.Groups[1:]
	for _, p := range kinds {
		register := p.NewRegister(protocols.ClientParams{T: 1, PID: 1, Suite: c.Suite, Keys: keys})
		op := register.Write(key, nil, protocols.Heap{})
		if _, err := op.Result(); op.Start() != nil || err == nil {
			t.Errorf("%s: a WRITE with too few keys succeeded", protocols.NameOf(p))
		}
	}
}
