package powerstore

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// unwilling is a store of timestamps that fails.
type unwilling struct{ last, keep error }

func (u unwilling) Last(protocols.Key) (uint64, error) { return 4, u.last }
func (u unwilling) Keep(protocols.Key, uint64) error   { return u.keep }

// What cannot be kept is not sent: a successor would issue the timestamp again.
func TestTimestampsAreKeptFirst(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	reason := errors.New("disk on fire")
	for name, issued := range map[string]unwilling{"Last": {last: reason}, "Keep": {keep: reason}} {
		register := Protocol{}.NewRegister(protocols.ClientParams{
			T: 1, PID: 1, Suite: c.Suite, Keys: c.WriterKeys, Entropy: rand.NewChaCha8([32]byte{1}), Issued: issued,
		})
		run := c.Start(c.Client(1, protocols.Writer), key, protocols.Write, nil, register.Write(key, nil, protocols.Heap{}))
		if _, err := run.Result(); !run.Done() || !errors.Is(err, reason) || len(c.Flying()) > 0 {
			t.Errorf("%s fails: done %v, %v, %d messages", name, run.Done(), err, len(c.Flying()))
		}
	}
}

// The successor of a writer that died goes on above all that it issued, stored anywhere or not.
func TestSuccessor(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	kept := protocols.Remembered{}
	client := func() *prototest.Client {
		w := c.Client(1, protocols.Writer)
		w.Register = Protocol{}.NewRegister(protocols.ClientParams{
			T: 1, PID: 1, Suite: c.Suite, Keys: c.WriterKeys, Entropy: rand.NewChaCha8([32]byte{1}), Issued: kept,
		})
		return w
	}
	interrupt(c, client(), "lost", nil, nil)
	if got := c.Finish(client().Write(key, []byte("v"))); got.Timestamp.Num != 2 {
		t.Errorf("the successor's first WRITE has timestamp %v, want 2.1", got.Timestamp)
	}
	// One that remembers nothing writes into the void: this is what Issued is for.
	c.Finish(c.Client(2, protocols.Writer).Write(key, []byte("forgetful")))
	if got := c.Finish(c.Client(3, protocols.Reader).Read(key)); string(got.Value) != "v" {
		t.Errorf("READ: %q, want v", got.Value)
	}
}

func TestWriteWithoutEntropy(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	reason := errors.New("no entropy")
	kept := protocols.Remembered{}
	register := Protocol{}.NewRegister(protocols.ClientParams{
		T: 1, PID: 1, Suite: c.Suite, Keys: c.WriterKeys, Entropy: iotest.ErrReader(reason), Issued: kept,
	})
	op := register.Write(key, nil, protocols.Heap{})
	if next := op.Start(); next != nil {
		t.Error("the WRITE begins")
	}
	if _, err := op.Result(); !errors.Is(err, reason) || len(kept) > 0 {
		t.Errorf("WRITE: %v, timestamps %v, want the reason and none", err, kept)
	}
}
