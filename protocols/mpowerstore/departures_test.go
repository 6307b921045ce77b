package mpowerstore

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// literalReader chooses as line 140 allows: any candidate of the safe timestamp. Given the choice, this one takes a
// candidate whose vector passes line 153, and does not repair.
type literalReader struct{ *reader }

func (r literalReader) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := r.reader.Answer(round, server, reply)
	if round == roundFilter && step.Next != nil {
		entry, _ := r.safe(highest(r.c))
		for _, c := range r.c {
			if c.TS.Equal(entry.TS.Timestamp) && sameVec(c.Vec, entry.Vec) {
				return protocols.Done()
			}
		}
	}
	return step
}

// plain makes a server write back just what a FILTER of one candidate brought, as line 121 says, in place of the
// candidate with the vector of its history.
type plain struct{ protocols.Server }

func (p plain) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	reply, records, err := p.Server.Handle(from, key, request, state)
	if f, ok := request.Body.(*Filter); ok && len(f.Candidates) == 1 && len(records) == 1 {
		records, err = adopt(f.Candidates[0])
	}
	return reply, records, err
}

// counterExample is a schedule in which two candidates share the timestamp of a WRITE(v) that did not end: one with
// its nonce and a spoilt vector, one with a wrong nonce and the right vector. Servers are numbered from 0.
type counterExample struct {
	faults   int
	plain    bool
	stored   []int // STORE reaches these
	liars    []int // Byzantine; the last also learns the nonce
	tricked  int   // a Byzantine reader writes the nonce back here, with a vector that only this server may accept
	rd1, rd2 []int // the servers that the two READs hear of
}

var counterExamples = map[string]counterExample{
	"servers as in Algorithm 5": {
		faults: 1, plain: true, stored: []int{0, 1, 3}, liars: []int{3}, tricked: 0,
		rd1: []int{0, 2, 3}, rd2: []int{1, 2, 3},
	},
	"servers as here": {
		faults: 2, stored: []int{0, 1, 2, 5, 6}, liars: []int{5, 6}, tricked: 3,
		rd1: []int{0, 3, 4, 5, 6}, rd2: []int{1, 2, 4, 5, 6},
	},
}

// play runs two READs, the second after the first, and returns all runs and the rounds of the first.
func (x counterExample) play(t *testing.T, wrap func(protocols.Operation) protocols.Operation) ([]*prototest.Run, int) {
	c := prototest.New(t, Protocol{}, x.faults, "modern", 1)
	if x.plain {
		c.Servers[x.tricked] = plain{c.Servers[x.tricked]}
	}
	liar := x.liars[len(x.liars)-1]
	good := leak(c, c.Client(1, protocols.Writer), "v", x.stored, liar)
	filter := protocols.Message{Body: &Filter{Candidates: []Candidate{spoilt(good, x.tricked)}}}
	if _, err := c.Request(protocols.Reader, key, x.tricked, filter); err != nil {
		t.Fatal(err)
	}
	claim(c, liar, Candidate{TS: good.TS, Nonce: flipped(good.Nonce), Vec: good.Vec})

	client := c.Client(2, protocols.Reader)
	rd1 := c.Start(client, key, protocols.Read, nil, wrap(client.Register.Read(key, protocols.Heap{})))
	if got := readFrom(t, c, rd1, x.rd1...); string(got.Value) != "v" {
		t.Fatalf("rd1 returned %+v, want v: the script went wrong", got)
	}
	for _, server := range x.liars {
		forget(c, server)
	}
	rd2 := c.Start(client, key, protocols.Read, nil, wrap(client.Register.Read(key, protocols.Heap{})))
	readFrom(t, c, rd2, x.rd2...)
	write := &prototest.Run{Client: 1, Key: key, Kind: protocols.Write, Written: []byte("v")}
	return []*prototest.Run{write, rd1, rd2}, rd1.Rounds()
}

// D1: rd1 must not take the wrong nonce's vector for that of the write, or rd2 returns an older value.
func TestCandidatesThatShareATimestamp(t *testing.T) {
	for name, x := range counterExamples {
		t.Run(name, func(t *testing.T) {
			runs, rounds := x.play(t, func(op protocols.Operation) protocols.Operation { return op })
			if err := prototest.CheckHistory(runs); err != nil {
				t.Error(err)
			}
			if rounds != 3 {
				t.Errorf("rd1 took %d rounds, want a REPAIR", rounds)
			}
			runs, rounds = x.play(t, func(op protocols.Operation) protocols.Operation {
				return literalReader{op.(*reader)}
			})
			if err := prototest.CheckHistory(runs); err == nil || rounds != 2 {
				t.Errorf("choosing by timestamp alone took %d rounds and gave %v: "+
					"want 2 and a violation, or this script proves nothing", rounds, err)
			}
		})
	}
}

// D2: a Byzantine reader writes back a timestamp with a wrong MAC. If servers took it, the next writer would believe
// none of the clocks and issue a timestamp that is in use or lower.
func TestTimestampsWithAWrongMAC(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "paper", 1)
	good := leak(c, c.Client(9, protocols.Writer), "v", []int{0, 1, 2, 3}, 3)
	forged := good
	forged.TS.MAC = flipped(good.TS.MAC)
	for server := range 4 {
		for _, body := range []protocols.Body{&Filter{Candidates: []Candidate{forged}}, &Repair{Candidate: forged}} {
			if _, err := c.Request(protocols.Reader, key, server, protocols.Message{Body: body}); err != nil {
				t.Fatal(err)
			}
		}
		if lc := lcOf(t, c, server, key); server != 3 && !lc.TS.IsZero() {
			t.Errorf("server %d took the forged timestamp %v", server+1, lc.TS)
		}
	}
	r := c.Client(2, protocols.Reader)
	if got := c.Finish(r.Read(key)); string(got.Value) != "v" && !got.Bottom {
		t.Errorf("READ: %+v", got)
	}
	if got := readFrom(t, c, r.Read(key), 1, 2, 3); string(got.Value) != "v" {
		t.Errorf("READ: %+v, want v", got)
	}
	if got := c.Finish(c.Client(1, protocols.Writer).Write(key, []byte("next"))); got.Timestamp.Num != 2 {
		t.Errorf("the next WRITE has timestamp %v, want 2.1", got.Timestamp)
	}
	if got := c.Finish(r.Read(key)); string(got.Value) != "next" {
		t.Errorf("READ: %q, want next", got.Value)
	}
}

// D3: a candidate of one key is worth nothing under another. If servers believed its MACs there, it would be neither
// safe nor excluded and a READ would never end; if writers did, timestamps would skip (B4).
func TestCandidatesOfAnotherKey(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	for range 3 {
		c.Finish(w.Write("other", []byte("v")))
	}
	foreign := lcOf(t, c, 0, "other")
	claim(c, 3, foreign)
	for server := range 3 {
		repair := protocols.Message{Body: &Repair{Candidate: foreign}}
		if _, err := c.Request(protocols.Reader, key, server, repair); err != nil {
			t.Fatal(err)
		}
		if c.Records(server, key) != 0 {
			t.Errorf("server %d took a candidate of another key", server+1)
		}
	}
	r := c.Client(2, protocols.Reader)
	if got := c.Finish(r.Read(key)); !got.Bottom {
		t.Errorf("READ: %+v, want ⊥", got)
	}
	forge(c, 3, func(request, _ protocols.Message) *protocols.Message {
		if _, ok := request.Body.(*Clock); ok {
			return &protocols.Message{Body: &ClockAck{TS: foreign.TS}}
		}
		return nil
	})
	write := w.Write(key, []byte("first"))
	c.Deliver(prototest.Of(1, 2, 3))
	if got, _ := write.Result(); !write.Done() || got.Timestamp.Num != 1 {
		t.Errorf("WRITE: timestamp %v, want 1.1", got.Timestamp)
	}
}

// D8: what a server has stored under a timestamp stays.
func TestHistoryIsWrittenOnce(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write(key, []byte("v")))
	name := recordHist(protocols.Timestamp{Num: 1, PID: 1})
	before, _ := c.Record(0, key, name)
	var e Entry
	if err := protocols.Unmarshal(before.Body, &e); err != nil {
		t.Fatal(err)
	}
	e.Commitment = flipped(e.Commitment)
	store := protocols.Message{Body: &Store{Entry: e}, Payload: []byte("?")}
	reply, err := c.Request(protocols.Writer, key, 0, store)
	if _, ok := reply.Body.(*StoreAck); err != nil || !ok {
		t.Errorf("second STORE: %v, %v, want an acknowledgement", reply, err)
	}
	if after, _ := c.Record(0, key, name); string(after.Body) != string(before.Body) {
		t.Error("a second STORE replaced the entry")
	}
}
