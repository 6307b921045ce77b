package mpowerstore_test

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
)

// Here is a test for each step of the paper's proofs: §5.4, and of §4.4 what it relies on. Each comment says what
// change breaks the test.

// §4.4: "a correct server never changes lc to a candidate with a lower timestamp". Broken by adoption of whatever is
// valid.
func TestLCNeverFalls(t *testing.T) {
	(&watch{adopts: func(w *watch, server int, _ protocols.Key, old, c Candidate) {
		if c.TS.Less(old.TS.Timestamp) {
			w.cluster.Fatalf("s%d goes back from %v to %v", server+1, old.TS, c.TS)
		}
	}}).play(t, corrupt())
}

// Lemma 4.2 (proofs of writing), here with MACs as proofs: "If c is a valid candidate, then there exists a set Q of
// t+1 correct servers such that for each server s_i ∈ Q, H(c.N) = Hist_i[c.ts].N̄". Broken by a nonce that leaves
// early, by a quorum of one less, and by MACs that do not cover N̄.
func TestLemma42ProofsOfWriting(t *testing.T) {
	(&watch{adopts: func(w *watch, server int, key protocols.Key, _, c Candidate) {
		n := w.correct(func(i int) bool {
			entry, err := w.servers[i].Hist(peek(w.cluster, i, key), c.TS.Timestamp)
			return err == nil && entry != nil && (w.Protocol == signed || w.servers[i].Opens(entry, c))
		})
		if n < w.cluster.Faults+1 {
			w.cluster.Fatalf("s%d takes %v for valid, whose N̄ is at %d correct servers", server+1, c.TS, n)
		}
	}}).play(t, corrupt())
}

// Lemma 4.3 (no exclusion): "Let c be a valid candidate and let rd be a READ by a correct reader that includes c in C
// during COLLECT. Then c is never excluded from C". Broken by an exclusion that counts answers which are not lower.
func TestLemma43NoExclusion(t *testing.T) {
	(&watch{excludes: func(w *watch, key protocols.Key, c Candidate) {
		if n := w.correct(func(i int) bool { return w.valid(i, key, c) }); n > 0 {
			w.cluster.Fatalf("a READ drops %v, which %d correct servers find valid", c.TS, n)
		}
	}}).play(t, corrupt())
}

// Lemma 4.3 at its limit: "at most S − (t+1) = 2t timestamps received by the reader in the FILTER round are lower".
// The t Byzantine servers answer lower, and so do t correct ones without the history, as the vector is spoilt. Broken
// by an exclusion after 2t lower answers.
func TestLemma43WithTheMostLowerAnswers(t *testing.T) {
	for faults, x := range map[int]struct{ stored, lower []int }{
		1: {stored: []int{0, 1, 3}, lower: []int{2, 3}},
		2: {stored: []int{0, 1, 2, 5, 6}, lower: []int{3, 4, 5, 6}},
	} {
		c := prototest.New(t, ours, faults, "modern", 1)
		liar := 3 * faults
		bad := spoilt(leak(c, c.Client(1, protocols.Writer), "v", x.stored, liar))
		for _, i := range x.lower {
			forget(c, i)
		}
		claim(c, liar, bad)
		read := c.Client(2, protocols.Reader).Read(key)
		c.Deliver(func(e prototest.Envelope) bool { return e.Round == RoundCollect && e.Server >= faults })
		forget(c, liar)
		if got := c.DeliverFrom(read, x.lower...); string(got.Value) != "v" {
			t.Errorf("t=%d: %d servers answered lower, and the READ returned %+v, want v", faults, len(x.lower), got)
		}
	}
}

// §5.4: "by the time rd completes, at least t+1 correct servers have set lc to c or to a valid candidate with a higher
// timestamp"; and §4.4 the like of a WRITE: "after WRITE(V) completed, t+1 correct servers hold a valid candidate with
// timestamp ts or greater in lc". Broken by FILTER or REPAIR that does not write back, by COMPLETE that does not
// adopt, and by a quorum of one less. That a later READ returns nothing older follows; every schedule's history is
// checked too.
func TestCompletedOperationsAreAtACorrectMajorityOfAQuorum(t *testing.T) {
	(&watch{ends: func(w *watch, e ended) {
		n := w.correct(func(i int) bool { return w.holds(i, e.key, e.ts) })
		if n < w.cluster.Faults+1 {
			w.cluster.Fatalf("a %s of %v has ended, which %d correct servers know of", e.op, e.ts, n)
		}
	}}).play(t, corrupt())
}

// §4.4, wait-freedom, on which §5.4 relies: when all correct servers have answered, FILTER ends. Case 1, C contains a
// valid candidate; case 2, it contains none. Broken by an exclusion that wants more than S−t lower answers.
func TestFilterEndsWhenCorrectServersAnswered(t *testing.T) {
	for name, complete := range map[string]bool{"case 1": true, "case 2": false} {
		t.Run(name, func(t *testing.T) {
			c := prototest.New(t, ours, 1, "modern", 1)
			bogus := leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 2, 3}, 3)
			if complete {
				c.Finish(c.Client(2, protocols.Writer).Write(key, []byte("w")))
			}
			bogus.TS.Num, bogus.Nonce = 7, prototest.Flipped(bogus.Nonce)
			claim(c, 3, bogus)
			read := c.Client(3, protocols.Reader).Read(key)
			collect := prototest.Of(1, 2, 3)
			c.Deliver(func(e prototest.Envelope) bool { return e.Round == RoundCollect && collect(e) })
			c.Deliver(prototest.Of(0, 1, 2))
			if got, _ := read.Result(); !read.Done() || read.Rounds() != 2 || complete != (string(got.Value) == "w") {
				t.Errorf("ended: %v after %d rounds, with %+v", read.Done(), read.Rounds(), got)
			}
		})
	}
}
