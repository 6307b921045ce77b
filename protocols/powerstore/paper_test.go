package powerstore

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
)

// One test for each claim of the paper's §4, with its reference.

// written is a cluster that holds "v", and "old" before it.
func written(t *testing.T, faults int) *prototest.Cluster {
	t.Helper()
	c := prototest.New(t, Protocol{}, faults, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write(key, []byte("old")))
	c.Finish(w.Write(key, []byte("v")))
	return c
}

// §4.1: "the WRITE operation performs in two consecutive rounds, called STORE and COMPLETE. Likewise, the READ performs
// in two rounds, called COLLECT and FILTER" — whichever t servers are silent or forgetful.
func TestTwoRounds(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		for first := range 3*faults + 1 {
			for _, spoil := range []func(*prototest.Cluster, int){(*prototest.Cluster).Crash, forget} {
				c := prototest.New(t, Protocol{}, faults, "modern", uint64(first))
				for i := range faults {
					spoil(c, (first+i)%len(c.Servers))
				}
				write := c.Client(1, protocols.Writer).Write(key, []byte("v"))
				c.Finish(write)
				read := c.Client(2, protocols.Reader).Read(key)
				if got := c.Finish(read); string(got.Value) != "v" {
					t.Errorf("t=%d, servers from %d: READ %q, want v", faults, first+1, got.Value)
				}
				if write.Rounds() != 2 || read.Rounds() != 2 {
					t.Errorf("t=%d: WRITE took %d rounds, READ %d, want 2 and 2", faults, write.Rounds(), read.Rounds())
				}
			}
		}
	}
}

// Algorithm 1, line 8: "the value of c.N is revealed only after the completion of the STORE round" (in the proof of
// Lemma 4.2).
func TestNonceIsKeptUntilStored(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	client := c.Client(1, protocols.Writer)
	w := client.Register.Write(key, []byte("v"), protocols.Heap{}).(*writer)
	run := c.Start(client, key, protocols.Write, []byte("v"), w)
	c.Hold(func(e prototest.Envelope) bool { return e.Round == roundStore && e.Server > 1 })
	c.Run()
	if run.Rounds() != 1 {
		t.Fatalf("round %d began although two servers have stored", run.Rounds())
	}
	for _, e := range append(run.Trace, c.Flying()...) {
		if data, err := wire.Marshal(nil, e.Body); err != nil || bytes.Contains(data, w.candidate.Nonce) {
			t.Errorf("%v reveals the nonce (%v)", e, err)
		}
	}
	c.Release()
	c.Finish(run)
}

// Lemma 4.2 (proofs of writing): if a candidate is valid at some correct server, then t+1 correct servers have
// H(c.N) = Hist[c.ts].N̄. Looked at after every message of random schedules, for every candidate that any server holds.
func TestProofsOfWriting(t *testing.T) {
	for seed := range uint64(50) {
		c := prototest.New(t, Protocol{}, 1, "modern", seed)
		liar := c.Rand.IntN(4)
		w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
		for i := range 4 {
			write := w.Write(key, fmt.Append(nil, i))
			r.Read(key)
			for c.Step() && !(c.Rand.IntN(40) == 0 && !write.Done()) {
				demandProofs(t, c, seed, liar)
			}
			if !write.Done() {
				write.Abandon()
				c.Lose(func(e prototest.Envelope) bool { return write.Is(e) && c.Rand.IntN(2) == 0 })
			}
		}
	}
}

// demandProofs checks the candidates that servers hold; the liar's history counts for nothing.
func demandProofs(t *testing.T, c *prototest.Cluster, seed uint64, liar int) {
	t.Helper()
	for holder := range c.Servers {
		for _, candidate := range append(backOf(c, holder), lcOf(c, holder)) {
			if n := holders(t, c, candidate, liar); n > 0 && n < c.Faults+1 {
				t.Fatalf("seed %d: %v is valid at %d correct servers, want none or %d", seed, candidate.TS, n, c.Faults+1)
			}
		}
	}
}

// holders is how many correct servers have the candidate's proof in their history.
func holders(t *testing.T, c *prototest.Cluster, candidate Candidate, liar int) (n int) {
	t.Helper()
	pow := paramsOf(c).pow
	for server := range c.Servers {
		var e Entry
		c.Load(server, key, recordHist(candidate.TS), &e)
		if server != liar && pow.Verify(e.Commitment, candidate.Nonce) {
			n++
		}
	}
	return n
}

// Lemma 4.3 (no exclusion): a valid candidate that a READ has in C is never excluded, whatever t servers answer and in
// whatever order the answers come: so a READ returns it, or a higher one.
func TestNoExclusion(t *testing.T) {
	for seed := range uint64(100) {
		c := prototest.New(t, Protocol{}, 1, "modern", seed)
		order := c.Rand.Perm(4)
		// STORE reaches three servers, of which one will deny it, and COMPLETE one: the candidate is valid at two.
		valid := interrupt(c, c.Client(1, protocols.Writer), "v", order[:3], order[:1])
		c.Forge(order[2], func(request, _ protocols.Message) *protocols.Message {
			if _, ok := request.Body.(*Filter); ok {
				return &protocols.Message{Body: &FilterAck{}}
			}
			return nil
		})
		run := c.Client(2, protocols.Reader).Read(key)
		c.Deliver(func(e prototest.Envelope) bool { return e.Round == roundCollect && e.Server != order[3] })
		if got := c.Finish(run); got.Bottom || !got.Timestamp.Equal(valid.TS) {
			t.Errorf("seed %d: READ %+v, want the valid candidate %v", seed, got, valid.TS)
		}
	}
}

// §4.4, read/write linearizability: a READ that follows a WRITE(V) does not return an older value, whichever quorums
// the two meet.
func TestReadAfterWrite(t *testing.T) {
	for slow := range 4 {
		for deaf := range 4 {
			c := prototest.New(t, Protocol{}, 1, "modern", 1)
			w := c.Client(1, protocols.Writer)
			c.Finish(w.Write(key, []byte("old")))
			c.Hold(prototest.Of(slow))
			c.Finish(w.Write(key, []byte("v")))
			c.Lose(prototest.Everything)
			c.Release()
			c.Hold(prototest.Of(deaf))
			run := c.Client(2, protocols.Reader).Read(key)
			c.Run()
			if got, err := run.Result(); !run.Done() || err != nil || string(got.Value) != "v" {
				t.Errorf("WRITE without s%d, READ without s%d: %q, %v, want v", slow+1, deaf+1, got.Value, err)
			}
		}
	}
}

// §4.4, read linearizability: "by the time rd completes, t+1 correct servers hold c in LC" or above it in lc. One
// server alone knows that the WRITE is complete and it forgets that after the first READ; the second still finds it.
func TestReadAfterRead(t *testing.T) {
	for deaf := range 4 {
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		candidate := interrupt(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, []int{3})
		r := c.Client(2, protocols.Reader)
		if got := c.DeliverFrom(r.Read(key), 0, 2, 3); string(got.Value) != "v" {
			t.Fatalf("rd: %+v, want v", got)
		}
		for _, server := range []int{0, 2} {
			if back := backOf(c, server); len(back) != 1 || !back[0].same(candidate) {
				t.Errorf("after rd LC of s%d is %v, want the candidate", server+1, back)
			}
		}
		forget(c, 3)
		c.Hold(prototest.Of(deaf))
		run := r.Read(key)
		c.Run()
		c.Release()
		if got := c.Finish(run); string(got.Value) != "v" {
			t.Errorf("rd', without s%d: %+v, want v", deaf+1, got)
		}
	}
}

// §4.4, wait-freedom, case 1: C has a valid candidate. All above it is excluded and it is safe, once the correct
// servers have answered; not before.
func TestWaitFreedomWithAValidCandidate(t *testing.T) {
	c := written(t, 1)
	claims := []Candidate{bogus(c, 1<<60), bogus(c, 7), {TS: lcOf(c, 0).TS, Nonce: make([]byte, c.Suite.NonceSize())}}
	run := c.Client(2, protocols.Reader).Read(key)
	c.Hold(func(e prototest.Envelope) bool {
		return e.Round == roundCollect && e.Server == 0 || e.Round == roundFilter && e.Server == 1
	})
	c.Forge(3, func(request, _ protocols.Message) *protocols.Message {
		switch request.Body.(type) {
		case *Collect:
			return &protocols.Message{Body: &CollectAck{Candidates: claims}}
		case *Filter:
			return &protocols.Message{Body: &FilterAck{TS: claims[0].TS}}
		}
		return nil
	})
	c.Run()
	if run.Done() {
		t.Fatal("the READ ended though only two servers denied the highest candidate")
	}
	c.Release()
	if got := c.Finish(run); string(got.Value) != "v" || run.Rounds() != 2 {
		t.Errorf("READ: %q in %d rounds, want v in 2", got.Value, run.Rounds())
	}
}

// Case 2: C has no valid candidate. All are excluded, and the READ returns ⊥.
func TestWaitFreedomWithoutAValidCandidate(t *testing.T) {
	for _, stored := range [][]int{nil, {0}, {0, 1}} { // a WRITE whose nonce nobody knows is not valid
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		lost := interrupt(c, c.Client(1, protocols.Writer), "v", stored, nil)
		claim(c, 3, bogus(c, 7), Candidate{TS: lost.TS, Nonce: make([]byte, c.Suite.NonceSize())})
		c.Hold(func(e prototest.Envelope) bool { return e.Round == roundCollect && e.Server == 2 })
		run := c.Client(2, protocols.Reader).Read(key)
		if got := c.Finish(run); !got.Bottom || run.Rounds() != 2 {
			t.Errorf("stored at %v: READ %+v in %d rounds, want ⊥ in 2", stored, got, run.Rounds())
		}
	}
}
