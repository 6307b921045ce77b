package mpowerstore_test

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
)

// Here is a test for each claim of the paper's §5.1 to §5.3 that can be observed; each comment quotes the claim and
// says what change breaks the test. The first part plays scripts, the second random schedules under a watch. The
// lemmas are in paper_lemmas_test.go.

// §5.2: the writer "picks the highest timestamp ts with a valid MAC. Then, the writer increases ts".
// Broken by a clockAck that does not verify.
func TestClockPicksTheHighestProvenTimestamp(t *testing.T) {
	c := prototest.New(t, ours, 1, "modern", 1)
	w := c.Register(1, protocols.Writer).Write(key, nil, protocols.Heap{}).(*Writer)
	w.Start()
	issue := func(num, pid uint64) TS { return w.Prover().Issue(key, protocols.Timestamp{Num: num, PID: pid}) }
	forged := issue(9, 3)
	forged.Num = 99
	for server, ts := range []TS{issue(5, 2), forged, issue(2, 4)} {
		w.Answer(RoundClock, server, protocols.Message{Body: &ClockAck{TS: ts}})
	}
	if got, want := w.Written().TS.Timestamp, (protocols.Timestamp{Num: 6, PID: 1}); got != want {
		t.Errorf("the WRITE has timestamp %v, want %v", got, want)
	}
}

// §5.2: the writer "stores vec both in STORE and COMPLETE", "one entry for each server s_i using group key k_i".
// Broken by a vector over anything but ts and N̄, or by a COMPLETE with another.
func TestVectorIsPreWritten(t *testing.T) {
	c := prototest.New(t, ours, 1, "modern", 1)
	write := c.Client(1, protocols.Writer).Write(key, []byte("v"))
	c.Finish(write)
	entries, candidates := map[int]Entry{}, map[int]Candidate{}
	for _, e := range write.Trace {
		switch m := e.Body.(type) {
		case *Store:
			entries[e.Server] = m.Entry
		case *Complete:
			candidates[e.Server] = m.Candidate
		}
	}
	for i := range c.Servers {
		stored, completed := entries[i], candidates[i]
		if len(stored.Vec) != 4 || !SameVec(stored.Vec, completed.Vec) {
			t.Errorf("s%d: STORE and COMPLETE have different vectors", i+1)
		}
		parts := CandidateParts(key, completed.TS, c.Suite.Hash(completed.Nonce))
		if !c.Suite.MAC(c.ServerKeys[i].Group).Verify(stored.Vec[i], parts...) {
			t.Errorf("s%d: its MAC does not authenticate the timestamp and N̄", i+1)
		}
	}
}

// §5.1: "servers are able to determine the validity of a written-back candidate without consulting the history".
// Broken by valid() that looks into the history first, or only there.
func TestValidityNeedsNoHistory(t *testing.T) {
	c := prototest.New(t, ours, 1, "modern", 1)
	good := leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, 3)
	state := peek(c, 2, key)
	if valid, err := c.Servers[2].(*Server).Valid(key, state, good); !valid || err != nil || len(state.Looks) > 0 {
		t.Errorf("valid: %v, %v, after looks at %v, want true after none", valid, err, state.Looks)
	}
}

// §5.1: "in case of a candidate incorporating corrupted MACs, servers might disagree about the validity";
// "M-PoWerStore 'pre-writes' the MACs, enabling clients to recover corrupted candidates". Broken by a READ without
// REPAIR.
func TestPreWrittenVectorEndsDisagreement(t *testing.T) {
	c := prototest.New(t, ours, 1, "modern", 1)
	bad := spoilt(leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, 3))
	valid := func(i int, candidate Candidate) bool {
		v, err := c.Servers[i].(*Server).Valid(key, peek(c, i, key), candidate)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if !valid(0, bad) || valid(2, bad) {
		t.Errorf("s1 finds it valid: %v, s3: %v, want them to disagree", valid(0, bad), valid(2, bad))
	}
	claim(c, 3, bad)
	expect(t, c, 3, 0, 2, 3)
	if repaired := lcOf(c, 2, key); repaired.TS.IsZero() || !valid(0, repaired) || !valid(2, repaired) {
		t.Errorf("after the READ s3 holds %v", repaired.TS)
	}
}

// §5.3: the server chooses "the candidate in C with the highest timestamp such that valid(c_hv) is satisfied, or c_0",
// and sets "lc to c_hv if c_hv.ts > lc.ts". Broken by any other choice.
func TestFilterChoosesTheHighestValid(t *testing.T) {
	c := prototest.New(t, ours, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	var all []Candidate
	for _, value := range []string{"a", "b", "c"} {
		c.Finish(w.Write(key, []byte(value)))
		all = append(all, lcOf(c, 0, key))
	}
	bogus := all[2]
	bogus.Nonce = prototest.Flipped(bogus.Nonce)
	for _, x := range []struct {
		c         []Candidate
		answer    uint64
		lc, after Candidate
	}{
		{[]Candidate{bogus}, 0, Candidate{}, Candidate{}},
		{[]Candidate{all[0], bogus}, 1, Candidate{}, all[0]},
		{[]Candidate{all[0], all[1], bogus}, 2, all[0], all[1]},
		{[]Candidate{all[0]}, 1, all[1], all[1]},
	} {
		state := fixed{peek(c, 0, key), x.lc}
		filter := protocols.Message{Body: &Filter{Candidates: x.c}}
		reply, records, err := c.Servers[0].Handle(protocols.Reader, key, filter, state)
		if err != nil {
			t.Fatal(err)
		}
		lc := x.lc
		for _, r := range records {
			lc = Candidate{}
			if err := wire.Unmarshal(r.Body, &lc); err != nil {
				t.Fatal(err)
			}
		}
		if ack := reply.Body.(*FilterAck); ack.TS.Num != x.answer || !lc.Same(x.after) {
			t.Errorf("FILTER of %d: ts %v, lc %v, want %d and %v", len(x.c), ack.TS, lc.TS, x.answer, x.after.TS)
		}
	}
}

// fixed is a server's state with another lc.
type fixed struct {
	*prototest.Peek
	lc Candidate
}

func (f fixed) Body(name string) (body []byte, found bool, err error) {
	if name != candidates.RecordLC {
		return f.Peek.Body(name)
	}
	body, err = wire.Marshal(nil, &f.lc)
	return body, true, err
}

// corrupt makes servers of one schedule after the other lie at random, with a Byzantine reader.
func corrupt() func(*prototest.Cluster, int) { return (&liars{}).join }

// spoil makes a server spoil the vectors of the candidates that it reports.
func spoil(c *prototest.Cluster, server int) {
	c.Forge(server, func(_, reply protocols.Message) *protocols.Message {
		if ack, ok := reply.Body.(*CollectAck); ok && !ack.Candidate.TS.IsZero() {
			return &protocols.Message{Body: &CollectAck{Candidate: spoilt(ack.Candidate)}}
		}
		return nil
	})
}

// §5.1: "optimal READ latency of two rounds in the common case, where no process is Byzantine". Broken by a REPAIR
// that is not needed.
func TestReadsTakeTwoRoundsWithoutByzantineProcesses(t *testing.T) {
	(&watch{ends: atMost(2, protocols.Read)}).play(t, (*prototest.Cluster).Crash)
}

// §5.1: REPAIR "is invoked only under attack by a malicious adversary that actually corrupts candidates". Broken
// likewise.
func TestRepairNeedsACorruptCandidate(t *testing.T) {
	(&watch{ends: atMost(2, protocols.Read)}).play(t, forget)
}

// §5.1: M-PoWerStore "gracefully degrades to guarantee reading in at most three rounds". Broken by a fourth round, or
// by REPAIR that no attack brings about any more.
func TestReadsTakeAtMostThreeRounds(t *testing.T) {
	longest, bound := 0, atMost(3, protocols.Read)
	(&watch{ends: func(w *watch, e ended) {
		if bound(w, e); e.op == protocols.Read {
			longest = max(longest, e.rounds)
		}
	}}).play(t, spoil)
	if longest != 3 {
		t.Errorf("no READ took more than %d rounds: the schedules attack too little", longest)
	}
}

// §5.1: "The WRITE has a latency of three rounds". Broken by another round.
func TestWritesTakeThreeRounds(t *testing.T) {
	(&watch{ends: atMost(3, protocols.Write)}).play(t, corrupt())
}

func atMost(rounds int, op protocols.Op) func(*watch, ended) {
	return func(w *watch, e ended) {
		if e.op == op && e.rounds > rounds {
			w.cluster.Fatalf("a %s took %d rounds, want %d at most", op, e.rounds, rounds)
		}
	}
}

// §5.1, §5.2: "non-skipping timestamps, which prevents the adversary from exhausting the timestamp domain": none is
// higher than the number of WRITEs that have begun. Broken by CLOCK that believes without a MAC.
func TestTimestampsDoNotSkip(t *testing.T) {
	(&watch{ends: func(w *watch, e ended) {
		if begun := w.writes[e.key]; e.ts.Num > uint64(begun) {
			w.cluster.Fatalf("a %s has timestamp %v though only %d WRITEs have begun", e.op, e.ts, begun)
		}
	}}).play(t, corrupt())
}

// §5.1: "servers store and transmit a single candidate instead of a (possibly unbounded) set". Broken by a server that
// keeps what readers send it.
func TestServersKeepOneCandidate(t *testing.T) {
	(&watch{ends: func(w *watch, e ended) {
		for i := range w.servers {
			if n, most := w.cluster.Records(i, e.key), w.writes[e.key]+1; n > most {
				w.cluster.Fatalf("s%d keeps %d records for %d WRITEs and lc", i+1, n, most-1)
			}
		}
	}}).play(t, corrupt())
}
