package mpowerstore_test

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
)

// The scripts of D1 to D3 run against the paper's pseudo-code as printed, which must fail, or the script proves
// nothing, and against this implementation, which must not.
var (
	ours    = Protocol{}
	literal = variants.Literal()
)

// counterExample is a schedule in which two candidates share the timestamp of a WRITE(v) that did not end: one with
// its nonce and a spoilt vector, one with a wrong nonce and the right vector. Servers are numbered from 0.
type counterExample struct {
	faults   int
	stored   []int // STORE reaches these
	liars    []int // Byzantine; the last also learns the nonce
	tricked  int   // a Byzantine reader writes the nonce back here, with a vector that only this server may accept
	rd1, rd2 []int // the servers that the two READs hear of
	repaired bool  // the READs of this implementation need REPAIR
}

var counterExamples = map[string]counterExample{
	// The tricked server has the history, and takes the spoilt vector if it takes candidates as they come.
	"t=1": {
		faults: 1, stored: []int{0, 1, 3}, liars: []int{3}, tricked: 0,
		rd1: []int{0, 2, 3}, rd2: []int{1, 2, 3},
	},
	// The tricked server has no history: the vector that it accepts is all that it can go by.
	"t=2": {
		faults: 2, stored: []int{0, 1, 2, 5, 6}, liars: []int{5, 6}, tricked: 3,
		rd1: []int{0, 3, 4, 5, 6}, rd2: []int{1, 2, 4, 5, 6}, repaired: true,
	},
}

// play runs two READs, the second after the first, and returns all runs and the rounds of the first.
func (x counterExample) play(t *testing.T, p protocols.Protocol) ([]*prototest.Run, int) {
	c := prototest.New(t, p, x.faults, "modern", 1)
	liar := x.liars[len(x.liars)-1]
	w := c.Client(1, protocols.Writer)
	write, good := interrupted(c, w, "v", x.stored, liar)
	writeBack(t, c, x.tricked, spoilt(good, x.tricked))
	claim(c, liar, Candidate{TS: good.TS, Nonce: prototest.Flipped(good.Nonce), Vec: good.Vec})

	reader := c.Client(2, protocols.Reader)
	rd1 := reader.Read(key)
	if got := c.DeliverFrom(rd1, x.rd1...); string(got.Value) != "v" {
		t.Fatalf("rd1 returned %+v, want v: the script went wrong", got)
	}
	for _, server := range x.liars {
		forget(c, server)
	}
	rd2 := reader.Read(key)
	c.DeliverFrom(rd2, x.rd2...)
	return []*prototest.Run{write, rd1, rd2}, rd1.Rounds()
}

// D1: rd1 must not take the wrong nonce's vector for that of the write, or rd2 returns an older value.
func TestCandidatesThatShareATimestamp(t *testing.T) {
	for name, x := range counterExamples {
		t.Run(name, func(t *testing.T) {
			for _, p := range kinds {
				runs, rounds := x.play(t, p)
				if err := prototest.CheckHistory(runs); err != nil {
					t.Errorf("%s: %v", protocols.NameOf(p), err)
				}
				if want := x.repaired && p != signed; want != (rounds == 3) {
					t.Errorf("%s: rd1 took %d rounds; a REPAIR is needed: %v", protocols.NameOf(p), rounds, want)
				}
			}
			runs, rounds := x.play(t, literal)
			if err := prototest.CheckHistory(runs); err == nil || rounds != 2 {
				t.Errorf("as printed: rd1 took %d rounds and gave %v, want 2 and a violation", rounds, err)
			}
		})
	}
}

// D2: a Byzantine reader writes back a timestamp with a wrong MAC. If servers take it, then the next writer believes
// none of the clocks and issues a timestamp that is in use or lower: the value that it writes is lost.
func TestTimestampsWithAWrongMAC(t *testing.T) {
	play := func(p protocols.Protocol) []*prototest.Run {
		c := prototest.New(t, p, 1, "paper", 1)
		first, forged := interrupted(c, c.Client(9, protocols.Writer), "v", []int{0, 1, 2, 3}, 3)
		forget(c, 3)
		forged.TS.MAC = prototest.Flipped(forged.TS.MAC)
		for server := range 3 {
			writeBack(t, c, server, forged)
		}
		r := c.Client(2, protocols.Reader)
		before := r.Read(key)
		c.DeliverFrom(before, 1, 2, 3)
		next := c.Client(1, protocols.Writer).Write(key, []byte("next"))
		c.Finish(next)
		after := r.Read(key)
		c.Finish(after)
		return []*prototest.Run{first, before, next, after}
	}
	for _, p := range kinds {
		runs := play(p)
		if err := prototest.CheckHistory(runs); err != nil {
			t.Errorf("%s: %v", protocols.NameOf(p), err)
		}
		if last, _ := runs[3].Result(); string(last.Value) != "next" {
			t.Errorf("%s: the last READ returned %q, want next", protocols.NameOf(p), last.Value)
		}
	}
	runs := play(literal)
	last, _ := runs[3].Result()
	if err := prototest.CheckHistory(runs); err == nil || string(last.Value) != "v" {
		t.Errorf("as printed: the last READ returned %q, and the history is judged %v: want v, and a lost write",
			last.Value, err)
	}
}

// D3: a candidate of one key is worth nothing under another. If servers believe its MACs there, then it is neither
// safe nor excluded, and a READ never ends; if writers do, then timestamps skip.
func TestCandidatesOfAnotherKey(t *testing.T) {
	play := func(p protocols.Protocol) (read *prototest.Run, first protocols.Result) {
		c := prototest.New(t, p, 1, "modern", 1)
		w := c.Client(1, protocols.Writer)
		for range 3 {
			c.Finish(w.Write("other", []byte("v")))
		}
		foreign := lcOf(c, 0, "other")
		claim(c, 3, foreign)
		for server := range 3 {
			writeBack(t, c, server, foreign)
		}
		read = c.Client(2, protocols.Reader).Read(key)
		c.Run()
		c.Forge(3, func(request, _ protocols.Message) *protocols.Message {
			if _, ok := request.Body.(*Clock); ok {
				return &protocols.Message{Body: &ClockAck{TS: foreign.TS}}
			}
			return nil
		})
		write := w.Write(key, []byte("first"))
		c.Deliver(prototest.Of(1, 2, 3))
		if !write.Done() {
			t.Fatal("the WRITE does not end")
		}
		first, _ = write.Result()
		return read, first
	}
	for _, p := range kinds {
		read, first := play(p)
		if got, _ := read.Result(); !read.Done() || !got.Bottom {
			t.Errorf("%s: the READ has ended: %v, with %+v, want ⊥", protocols.NameOf(p), read.Done(), got)
		}
		if first.Timestamp.Num != 1 {
			t.Errorf("%s: the first WRITE has timestamp %v, want 1.1", protocols.NameOf(p), first.Timestamp)
		}
	}
	read, first := play(literal)
	if read.Done() || read.Rounds() != 2 || len(read.Trace) != 2*2*4 {
		t.Errorf("as printed: the READ has ended: %v, after %d messages in %d rounds, want it to wait for ever "+
			"though all four servers answered in both", read.Done(), len(read.Trace), read.Rounds())
	}
	if first.Timestamp.Num != 4 {
		t.Errorf("as printed: the first WRITE has timestamp %v, want 4.1", first.Timestamp)
	}
}

// writeBack is a Byzantine reader's FILTER and REPAIR of one candidate.
func writeBack(t *testing.T, c *prototest.Cluster, server int, candidate Candidate) {
	t.Helper()
	for _, body := range []protocols.Body{
		&Filter{Candidates: []Candidate{candidate}}, &Repair{Candidate: candidate},
	} {
		c.Ask(protocols.Reader, key, server, body)
	}
}

// D8: what a server has stored under a timestamp stays.
func TestHistoryIsWrittenOnce(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write(key, []byte("v")))
	name := RecordHist(protocols.Timestamp{Num: 1, PID: 1})
	before, _ := c.Record(0, key, name)
	var e Entry
	if err := wire.Unmarshal(before.Body, &e); err != nil {
		t.Fatal(err)
	}
	e.Commitment = prototest.Flipped(e.Commitment)
	store := protocols.Message{Body: &Store{Entry: e}, Payload: []byte("?")}
	reply, err := c.Request(protocols.Writer, key, 0, store)
	if _, ok := reply.Body.(*StoreAck); err != nil || !ok {
		t.Errorf("second STORE: %v, %v, want an acknowledgement", reply, err)
	}
	if after, _ := c.Record(0, key, name); string(after.Body) != string(before.Body) {
		t.Error("a second STORE replaced the entry")
	}
}
