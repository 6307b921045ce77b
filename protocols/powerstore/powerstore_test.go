package powerstore

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

func TestWriteThenRead(t *testing.T) {
	for i, suiteName := range []string{"paper", "modern", "paper", "modern"} {
		c := prototest.New(t, both[i/2], 1, suiteName, 1)
		w, r := c.Client(7, protocols.Writer), c.Client(2, protocols.Reader)
		bottom := r.Read(key)
		if got := c.Finish(bottom); !got.Bottom || got.Value != nil || !got.Timestamp.IsZero() {
			t.Errorf("READ before any WRITE: %+v, want ⊥", got)
		}
		if bottom.Rounds() != 1 {
			t.Errorf("READ of ⊥ took %d rounds, want 1: there is nothing to filter", bottom.Rounds())
		}
		for i, value := range []string{"v", "", "w"} {
			want := protocols.Timestamp{Num: uint64(i) + 1, PID: theWriter}
			write := w.Write(key, []byte(value))
			if got := c.Finish(write); got.Timestamp != want || got.Value != nil {
				t.Errorf("WRITE: %+v, want timestamp %v and no value", got, want)
			}
			read := r.Read(key)
			got := c.Finish(read)
			if string(got.Value) != value || got.Value == nil || got.Timestamp != want || got.Bottom {
				t.Errorf("READ: %+v, want %q", got, value)
			}
			if write.Rounds() != 2 || read.Rounds() != 2 {
				t.Errorf("WRITE took %d rounds, READ %d, want 2 and 2", write.Rounds(), read.Rounds())
			}
		}
		if got := c.Finish(w.Read(key)); string(got.Value) != "w" {
			t.Errorf("READ by the writer: %q", got.Value)
		}
		if got := c.Finish(w.Write("other", nil)); got.Timestamp.Num != 1 {
			t.Errorf("the first WRITE of another key: %v", got.Timestamp)
		}
	}
}

// Values of all short lengths and of the largest come back, also when the READ must do without the first fragments.
func TestValues(t *testing.T) {
	lengths := []int{protocols.MaxValueBytes}
	for n := range 71 {
		lengths = append(lengths, n)
	}
	bytesOf := rand.NewChaCha8([32]byte{1})
	for faults := 1; faults <= 4; faults++ {
		c := prototest.New(t, Protocol{}, faults, "modern", 1)
		w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
		for _, n := range lengths {
			if n > 1000 && faults > 1 {
				continue
			}
			value := make([]byte, n)
			bytesOf.Read(value)
			c.Finish(w.Write(key, value))
			c.Hold(prototest.Of(c.Rand.Perm(faults)...))
			if got := c.Finish(r.Read(key)); got.Bottom || got.Value == nil || !bytes.Equal(got.Value, value) {
				t.Fatalf("t=%d: a value of %d bytes came back as %d bytes", faults, n, len(got.Value))
			}
			c.Lose(prototest.Everything)
			c.Release()
		}
	}
}

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

func TestOperationsThatCannotBegin(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
	writer := c.Client(2, protocols.Writer)
	for name, run := range map[string]*prototest.Run{
		"a reader's WRITE":       c.Client(1, protocols.Reader).Write(key, nil),
		"READ of a long key":     writer.Read(long),
		"WRITE to a long key":    writer.Write(long, nil),
		"WRITE of a large value": writer.Write(key, make([]byte, protocols.MaxValueBytes+1)),
	} {
		if len(c.Flying()) > 0 || !run.Done() {
			t.Errorf("%s sends messages", name)
		} else if _, err := run.Result(); err == nil {
			t.Errorf("%s succeeded", name)
		}
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

// What travels is what the cost model says: a fragment to or from each server, and little else.
func TestTraffic(t *testing.T) {
	const length = 1 << 20
	for faults := 1; faults <= 3; faults++ {
		c := prototest.New(t, Protocol{}, faults, "modern", 1)
		write := c.Client(1, protocols.Writer).Write(key, make([]byte, length))
		c.Finish(write)
		read := c.Client(2, protocols.Reader).Read(key)
		c.Deliver(prototest.Everything)
		for _, run := range []*prototest.Run{write, read} {
			up, down := 0, 0
			for _, e := range run.Trace {
				if e.Reply {
					down += len(e.Payload)
				} else {
					up += len(e.Payload)
				}
			}
			want := Protocol{}.Traits(faults).Cost(run.Kind)
			if n := float64(up) / length; n > want.ClientToServers*1.001 || n < want.ClientToServers {
				t.Errorf("t=%d: %s sends %.3f·|F|, want %.3f", faults, run.Kind, n, want.ClientToServers)
			}
			if n := float64(down) / length; n > want.ServersToClient*1.001 {
				t.Errorf("t=%d: %s receives %.3f·|F|, want %.3f", faults, run.Kind, n, want.ServersToClient)
			}
		}
	}
}
