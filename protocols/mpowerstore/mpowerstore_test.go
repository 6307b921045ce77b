package mpowerstore_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
)

func TestWriteThenRead(t *testing.T) {
	for i, suiteName := range []string{"paper", "modern", "paper", "modern", "paper", "modern"} {
		c := prototest.New(t, kinds[i/2], 1, suiteName, 1)
		w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
		bottom := r.Read(key)
		if got := c.Finish(bottom); !got.Bottom || got.Value != nil || !got.Timestamp.IsZero() {
			t.Errorf("READ before any WRITE: %+v, want ⊥", got)
		}
		if bottom.Rounds() != 1 {
			t.Errorf("READ of ⊥ took %d rounds, want 1: there is nothing to filter", bottom.Rounds())
		}
		write := w.Write(key, []byte("v"))
		if got := c.Finish(write); got.Timestamp != (protocols.Timestamp{Num: 1, PID: 1}) || got.Value != nil {
			t.Errorf("WRITE: %+v, want timestamp 1.1 and no value", got)
		}
		read := r.Read(key)
		if got := c.Finish(read); string(got.Value) != "v" || got.Timestamp.Num != 1 || got.Bottom {
			t.Errorf("READ: %+v, want v", got)
		}
		if write.Rounds() != 3 || read.Rounds() != 2 {
			t.Errorf("WRITE took %d rounds, READ %d, want 3 and 2", write.Rounds(), read.Rounds())
		}
		if got := c.Finish(w.Read(key)); string(got.Value) != "v" {
			t.Errorf("READ by a writer: %q", got.Value)
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

// What a Byzantine server sends late for an earlier round counts for nothing, not even if it is the answer to the
// current one: that server would count twice.
func TestLateRepliesDoNotCount(t *testing.T) {
	c := written(t, "modern")
	reg := c.Register(9, protocols.Writer)
	for _, op := range []protocols.Operation{
		reg.Read(key, protocols.Heap{}), reg.Write(key, []byte("new"), protocols.Heap{}),
	} {
		requests := op.Start()
		for round := 1; requests != nil; round++ {
			var next protocols.Broadcast
			for server := range 3 { // a quorum
				reply, err := c.Request(protocols.Writer, key, server, requests[server])
				if err != nil {
					t.Fatal(err)
				}
				if server == 0 {
					for late := 1; late < round; late++ {
						op.Answer(late, 3, reply)
						op.Answer(late, 2, reply)
					}
				}
				step := op.Answer(round, server, reply)
				if ended := step.Done || step.Next != nil; ended != (server == 2) {
					t.Fatalf("%T: after %d answers round %d has ended: %v", op, server+1, round, ended)
				}
				next = step.Next
			}
			requests = next
		}
	}
}

// A WRITE that was given up left its timestamp where the next one does not hear of it.
func TestTimestampsAreNotReused(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	leak(c, w, "lost", []int{1, 2, 3}, 3)
	c.Hold(prototest.Of(3))
	if got := c.Finish(w.Write(key, []byte("next"))); got.Timestamp.Num != 2 {
		t.Errorf("the next WRITE has timestamp %v, want 2.1: 1.1 belongs to the lost one", got.Timestamp)
	}
}

func TestOperationsThatCannotBegin(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
	writer := c.Client(2, protocols.Writer)
	for name, run := range map[string]*prototest.Run{
		"a reader's WRITE":       c.Client(1, protocols.Reader).Write(key, nil),
		"a WRITE by process 0":   c.Client(0, protocols.Writer).Write(key, nil),
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
	keys := c.WriterKeys
	keys.Groups = keys.Groups[1:]
	for name, p := range map[string]protocols.ClientParams{
		"too few keys": {T: 1, PID: 1, Suite: c.Suite, Keys: keys},
	} {
		op := Protocol{}.NewRegister(p).Write(key, nil, protocols.Heap{})
		if _, err := op.Result(); op.Start() != nil || err == nil {
			t.Errorf("WRITE with %s succeeded", name)
		}
	}
}

func TestWriteWithoutEntropy(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	reason := errors.New("no entropy")
	client := c.Client(1, protocols.Writer)
	register := Protocol{}.NewRegister(protocols.ClientParams{
		T: 1, PID: 1, Suite: c.Suite, Keys: c.WriterKeys, Entropy: iotest.ErrReader(reason),
	})
	run := c.Start(client, key, protocols.Write, nil, register.Write(key, nil, protocols.Heap{}))
	c.Run()
	if _, err := run.Result(); !run.Done() || !errors.Is(err, reason) {
		t.Errorf("WRITE: done %v, %v, want the reason", run.Done(), err)
	}
}

func TestCost(t *testing.T) {
	for faults, want := range map[int]float64{1: 2, 2: 7. / 3, 3: 2.5} {
		read, write := Protocol{}.Traits(faults).Cost(protocols.Read), Protocol{}.Traits(faults).Cost(protocols.Write)
		if read.ClientToServers != 0 || math.Abs(read.ServersToClient-want) > 1e-9 {
			t.Errorf("READ, t=%d: %+v", faults, read)
		}
		if write.ServersToClient != 0 || math.Abs(write.ClientToServers-want) > 1e-9 {
			t.Errorf("WRITE, t=%d: %+v", faults, write)
		}
	}
}

// What travels is what the cost model says: a fragment to or from each server, and little else.
func TestTraffic(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		for _, p := range []protocols.Protocol{ours, whole, bounded} {
			checkTraffic(t, p, faults)
		}
	}
}

func checkTraffic(t *testing.T, p protocols.Protocol, faults int) {
	t.Helper()
	const length = 1 << 20
	c := prototest.New(t, p, faults, "modern", 1)
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
		want := p.Traits(faults).Cost(run.Kind)
		if n := float64(up) / length; n > want.ClientToServers*1.001 || n < want.ClientToServers {
			t.Errorf("%s, t=%d: %s sends %.3f·|F|, want %.3f", protocols.NameOf(p), faults, run.Kind, n, want.ClientToServers)
		}
		if n := float64(down) / length; n > want.ServersToClient*1.001 {
			t.Errorf("%s, t=%d: %s receives %.3f·|F|, want %.3f", protocols.NameOf(p), faults, run.Kind, n, want.ServersToClient)
		}
	}
}
