package mpowerstore_test

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
)

// written is a cluster that holds "v", and "old" before it.
func written(t *testing.T, suiteName string) *prototest.Cluster {
	t.Helper()
	c := prototest.New(t, Protocol{}, 1, suiteName, 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write(key, []byte("old")))
	c.Finish(w.Write(key, []byte("v")))
	return c
}

// expect runs a READ that hears of the servers named, in this order of preference, and checks value and rounds.
func expect(t *testing.T, c *prototest.Cluster, rounds int, servers ...int) {
	t.Helper()
	run := c.Client(9, protocols.Reader).Read(key)
	if got := c.DeliverFrom(run, servers...); string(got.Value) != "v" || run.Rounds() != rounds {
		t.Errorf("READ from servers %v: %q in %d rounds, want v in %d", servers, got.Value, run.Rounds(), rounds)
	}
}

// A bogus candidate with a huge timestamp is waited out: 2t+1 servers answer lower.
func TestBogusCandidate(t *testing.T) {
	for _, suiteName := range []string{"paper", "modern"} {
		c := written(t, suiteName)
		bogus := spoilt(lcOf(c, 0, key))
		bogus.TS.Num = 1 << 60
		c.Forge(0, func(request, _ protocols.Message) *protocols.Message {
			switch request.Body.(type) {
			case *Clock:
				return &protocols.Message{Body: &ClockAck{TS: bogus.TS}}
			case *Collect:
				return &protocols.Message{Body: &CollectAck{Candidate: bogus}}
			case *Filter:
				return &protocols.Message{Body: &FilterAck{TS: bogus.TS.Timestamp}}
			}
			return nil
		})
		run := c.Client(2, protocols.Reader).Read(key)
		of := prototest.Of(0, 1, 2)
		c.Deliver(of)
		if run.Done() {
			t.Fatal("the READ ended though only two servers denied the highest candidate")
		}
		if got := c.Finish(run); string(got.Value) != "v" || run.Rounds() != 2 {
			t.Errorf("READ: %q in %d rounds, want v in 2", got.Value, run.Rounds())
		}
		write := c.Client(3, protocols.Writer).Write(key, []byte("next"))
		c.Deliver(of)
		if got, _ := write.Result(); !write.Done() || got.Timestamp != (protocols.Timestamp{Num: 3, PID: 3}) {
			t.Errorf("WRITE: timestamp %v, want 3.3", got.Timestamp)
		}
	}
}

// Whatever one server does to its fragment or entry, the READ returns the value of the others, which it hears of later.
func TestCorruptEntry(t *testing.T) {
	for name, corrupt := range map[string]func(ack *FilterAck, fragment *[]byte, c *prototest.Cluster){
		"fragment": func(_ *FilterAck, fragment *[]byte, _ *prototest.Cluster) { *fragment = prototest.Flipped(*fragment) },
		"fragment and its hash": func(ack *FilterAck, fragment *[]byte, c *prototest.Cluster) {
			*fragment = prototest.Flipped(*fragment)
			ack.Entry.CC.Hashes[0] = c.Suite.Hash(*fragment)
		},
		"length":       func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.Entry.CC.Length++ },
		"huge length":  func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.Entry.CC.Length = 1 << 63 },
		"commitment":   func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.Entry.Commitment[3]++ },
		"vector":       func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.Entry.Vec[2][0]++ },
		"MAC":          func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.Entry.TS.MAC[0]++ },
		"timestamp":    func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.TS.Num-- },
		"no entry":     func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.Entry = nil },
		"no fragment":  func(_ *FilterAck, fragment *[]byte, _ *prototest.Cluster) { *fragment = nil },
		"not in C":     func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.TS.Num, ack.Entry.TS.Num = 7, 7 },
		"short vector": func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.Entry.Vec = nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := written(t, "modern")
			c.Forge(0, func(_, reply protocols.Message) *protocols.Message {
				if ack, ok := reply.Body.(*FilterAck); ok {
					corrupt(ack, &reply.Payload, c)
					return &reply
				}
				return nil
			})
			for _, servers := range [][]int{{0, 1, 2, 3}, {0, 2, 3, 1}} {
				run := c.Client(9, protocols.Reader).Read(key)
				for round := 1; round <= 2; round++ {
					for _, server := range servers { // one by one: the corrupt server comes first
						c.Deliver(func(e prototest.Envelope) bool { return e.Server == server && e.Round == round })
					}
				}
				if got := c.Finish(run); string(got.Value) != "v" || run.Rounds() != 2 {
					t.Errorf("READ from %v: %q in %d rounds, want v in 2", servers, got.Value, run.Rounds())
				}
			}
		})
	}
}

// The only server that knows of the newest write spoils the vector, so the READ has to repair it; the next need not.
func TestSpoiltVectorIsRepaired(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	good := leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, 3)
	claim(c, 3, spoilt(good))
	expect(t, c, 3, 0, 2, 3)
	for _, server := range []int{0, 2} {
		if lc := lcOf(c, server, key); !lc.Same(good) {
			t.Errorf("after REPAIR server %d holds %v", server+1, lc.TS)
		}
	}
	forget(c, 3)
	expect(t, c, 2, 1, 2, 3)
}

// REPAIR ends once a quorum has the candidate: else a READ that hears of others would not find it (line 156).
func TestRepairTakesAQuorum(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	claim(c, 3, spoilt(leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, 3)))
	read := c.Client(2, protocols.Reader).Read(key)
	c.Deliver(func(e prototest.Envelope) bool { return e.Round < RoundRepair && e.Server != 1 })
	for i, server := range []int{0, 2, 1} {
		if read.Done() || read.Rounds() != RoundRepair {
			t.Fatalf("done: %v, in round %d, after %d acknowledgements of REPAIR", read.Done(), read.Rounds(), i)
		}
		c.Deliver(prototest.Of(server))
	}
	if got, _ := read.Result(); !read.Done() || string(got.Value) != "v" {
		t.Errorf("done: %v, %+v, after a quorum's acknowledgements", read.Done(), got)
	}
}

// Before COMPLETE, a Byzantine reader gives each server a vector of its own.
func TestPersonalVectors(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	good := leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, 3)
	claim(c, 3, Candidate{})
	c.Ask(protocols.Reader, key, 2, &Filter{Candidates: []Candidate{spoilt(good, 2)}})
	if lc := lcOf(c, 2, key); !lc.Same(spoilt(good, 2)) {
		t.Fatalf("server 3 holds %v: the script went wrong", lc.TS)
	}
	expect(t, c, 3, 0, 1, 2)
	expect(t, c, 2, 0, 1, 2)

	// A server with the history is not to be had: it stores the writer's vector.
	c = prototest.New(t, Protocol{}, 1, "modern", 2)
	good = leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 2, 3}, 3)
	for server := range 3 {
		c.Ask(protocols.Reader, key, server, &Repair{Candidate: spoilt(good)})
	}
	expect(t, c, 2, 0, 1, 2)
}

// COMPLETE replaces a spoilt vector of the same timestamp, and needs a proof like everything else.
func TestComplete(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	good := leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, 3)
	ask := func(from protocols.Role, body protocols.Body) {
		t.Helper()
		c.Ask(from, key, 2, body)
	}
	ask(protocols.Writer, &Complete{Candidate: spoilt(good)})
	if c.Records(2, key) != 0 {
		t.Error("took a COMPLETE without a proof")
	}
	ask(protocols.Reader, &Repair{Candidate: spoilt(good, 2)})
	ask(protocols.Reader, &Repair{Candidate: good})
	if lc := lcOf(c, 2, key); !lc.Same(spoilt(good, 2)) {
		t.Error("REPAIR replaced a candidate of the same timestamp")
	}
	ask(protocols.Writer, &Complete{Candidate: good})
	if lc := lcOf(c, 2, key); !lc.Same(good) {
		t.Error("COMPLETE left the spoilt vector")
	}
}

// Every set of t silent servers is harmless, and so are t that forgot everything.
func TestSilentAndForgetfulServers(t *testing.T) {
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
				if rounds := []int{write.Rounds(), read.Rounds()}; !slices.Equal(rounds, []int{3, 2}) {
					t.Errorf("t=%d: rounds %v, want 3 and 2", faults, rounds)
				}
			}
		}
	}
}
