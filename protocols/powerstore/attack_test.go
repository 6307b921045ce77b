package powerstore

import (
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
		"fragment": func(_ *FilterAck, fragment *[]byte, _ *prototest.Cluster) { *fragment = prototest.Flipped(*fragment) },
		"fragment and its hash": func(ack *FilterAck, fragment *[]byte, c *prototest.Cluster) {
			*fragment = prototest.Flipped(*fragment)
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

// An answer to FILTER that no correct server gives is none of the quorum's, though all else about it is right.
func TestMalformedAnswersDoNotCount(t *testing.T) {
	for name, spoil := range map[string]func(*FilterAck){
		"a timestamp that the writer does not issue": func(ack *FilterAck) { ack.TS.PID = 7 },
		"a checksum of no value":                     func(ack *FilterAck) { ack.CC = &dispersal.CrossChecksum{} },
	} {
		t.Run(name, func(t *testing.T) {
			c := written(t, 1)
			c.Forge(0, func(_, reply protocols.Message) *protocols.Message {
				if ack, ok := reply.Body.(*FilterAck); ok {
					wrong := *ack
					spoil(&wrong)
					reply.Body = &wrong
				}
				return &reply
			})
			run := c.Client(9, protocols.Reader).Read(key)
			for round := 1; round <= 2; round++ {
				c.Deliver(func(e prototest.Envelope) bool { return e.Server < 3 && e.Round == round })
			}
			if run.Rounds() != 2 || run.Done() {
				t.Fatalf("in round %d, ended: %v, with the answers of two correct servers", run.Rounds(), run.Done())
			}
			if got := c.Finish(run); string(got.Value) != "v" {
				t.Errorf("READ %q", got.Value)
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
		c.Ask(protocols.Reader, key, server, &Filter{Candidates: flood})
		if n := len(backOf(c, server)); n < 190 {
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
	good := lcOf(c, 0)
	short, stranger := good, good
	short.Nonce = short.Nonce[1:]
	stranger.TS.PID = 2
	junk := []protocols.Message{
		{},                     // nothing
		{Payload: []byte("v")}, // no body
		{Body: &Collect{}},     // a request
		{Body: &CollectAck{Candidates: []Candidate{good, short}}},                           // a short nonce
		{Body: &CollectAck{Candidates: []Candidate{stranger}}},                              // no writer
		{Body: &FilterAck{TS: protocols.Timestamp{Num: 2}, CC: &dispersal.CrossChecksum{}}}, // only a number
	}
	c.CheckIgnored(c.Client(9, protocols.Writer), func(protocols.Message) []protocols.Message { return junk })
}
