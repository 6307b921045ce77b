package powerstore

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/prototest"
)

// Algorithm 3, lines 77 to 79: a value is restored from t+1 fragments under one cross-checksum. Whatever one server
// does to its answer, the READ returns the value of the others, which it hears of later.
func TestCorruptFragments(t *testing.T) {
	for name, corrupt := range map[string]func(ack *FilterAck, fragment *[]byte, c *prototest.Cluster){
		"fragment": func(_ *FilterAck, fragment *[]byte, _ *prototest.Cluster) { *fragment = flipped(*fragment) },
		"fragment and its hash": func(ack *FilterAck, fragment *[]byte, c *prototest.Cluster) {
			*fragment = flipped(*fragment)
			ack.CC.Hashes[0] = c.Suite.Hash(*fragment)
		},
		"length":      func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.CC.Length++ },
		"huge length": func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.CC.Length = 1 << 63 },
		"few hashes":  func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.CC.Hashes = ack.CC.Hashes[:3] },
		"timestamp":   func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.TS.Num-- },
		"no checksum": func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.CC = nil },
		"no fragment": func(_ *FilterAck, fragment *[]byte, _ *prototest.Cluster) { *fragment = nil },
		"not in C":    func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.TS.Num = 7 },
		"no writer":   func(ack *FilterAck, _ *[]byte, _ *prototest.Cluster) { ack.TS.PID = 7 },
	} {
		t.Run(name, func(t *testing.T) {
			c := written(t, 1)
			forge(c, 0, func(_, reply protocols.Message) *protocols.Message {
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

// §5: "denial of service attacks specific to PoWerStore, in which the adversary swamps the system with bogus
// candidates" make LC grow, until a complete WRITE is above them, and READs still return the right value in two rounds.
func TestBogusCandidatesSwampLC(t *testing.T) {
	c := written(t, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	for server := range 4 {
		var flood []Candidate
		for range 200 {
			flood = append(flood, bogus(c, 100+rng.Uint64N(1<<40)))
		}
		ask(t, c, protocols.Reader, server, &Filter{Candidates: flood})
		if n := len(backOf(t, c, server)); n < 190 {
			t.Errorf("LC of s%d has %d candidates: what became of the flood?", server+1, n)
		}
	}
	run := c.Client(2, protocols.Reader).Read(key)
	if got := c.Finish(run); string(got.Value) != "v" || run.Rounds() != 2 {
		t.Errorf("READ: %q in %d rounds, want v in 2", got.Value, run.Rounds())
	}
}

// D6: what a Byzantine server sends late for an earlier round, or without the right shape, counts for nothing.
func TestRepliesThatDoNotCount(t *testing.T) {
	c := written(t, 1)
	good := lcOf(t, c, 0)
	short, stranger := good, good
	short.Nonce = short.Nonce[1:]
	stranger.TS.PID = 2
	for name, junk := range map[string]protocols.Message{
		"nothing":       {},
		"no body":       {Payload: []byte("v")},
		"a request":     {Body: &Collect{}},
		"a short nonce": {Body: &CollectAck{Candidates: []Candidate{good, short}}},
		"no writer":     {Body: &CollectAck{Candidates: []Candidate{stranger}}},
		"only a number": {Body: &FilterAck{TS: protocols.Timestamp{Num: 2}, CC: &dispersal.CrossChecksum{}}},
	} {
		reg := c.Register(9, protocols.Writer)
		for _, op := range []protocols.Operation{
			reg.Read(key, protocols.Heap{}), reg.Write(key, []byte("new"), protocols.Heap{}),
		} {
			requests := op.Start()
			for round := 1; requests != nil; round++ {
				requests = halfARound(t, c, op, round, requests, name, junk)
			}
			if result, err := op.Result(); err != nil || result.Timestamp.IsZero() {
				t.Errorf("%s: %T ends with %+v, %v", name, op, result, err)
			}
		}
	}
}

// halfARound gives the operation junk of all servers, then the answers of a quorum with those answers once more as late
// ones of other rounds, and wants the round to end with the last of the quorum.
func halfARound(t *testing.T, c *prototest.Cluster, op protocols.Operation, round int, requests protocols.Broadcast,
	name string, junk protocols.Message,
) (next protocols.Broadcast) {
	t.Helper()
	for server := range 4 {
		if s := op.Answer(round, server, junk); s.Done || s.Next != nil {
			t.Fatalf("%s: %T takes it for an answer in round %d", name, op, round)
		}
	}
	for server := range 3 {
		reply, err := c.Request(protocols.Writer, key, server, requests[server])
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []int{round - 1, round + 1} {
			if s := op.Answer(other, 3, reply); s.Done || s.Next != nil {
				t.Fatalf("%T takes a reply to round %d in round %d", op, other, round)
			}
		}
		step := op.Answer(round, server, protocols.Message{Body: reply.Body, Payload: bytes.Clone(reply.Payload)})
		if ended := step.Done || step.Next != nil; ended != (server == 2) {
			t.Fatalf("%T: after %d answers round %d has ended: %v", op, server+1, round, ended)
		}
		next = step.Next
	}
	return next
}
