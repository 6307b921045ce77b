package mpowerstore_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
)

// TestMalformedReplies gives one operation each reply in every round from every server: none may count.
func TestMalformedReplies(t *testing.T) {
	c := written(t, "modern")
	good := lcOf(c, 0, key)
	entry := &Entry{}
	record, _ := c.Record(0, key, RecordHist(good.TS.Timestamp))
	if err := wire.Unmarshal(record.Body, entry); err != nil {
		t.Fatal(err)
	}
	h := c.Suite.HashSize()
	huge := slices.Repeat([][]byte{make([]byte, h)}, 10_000)
	candidate := func(change func(*Candidate)) protocols.Message {
		bad := good
		change(&bad)
		return protocols.Message{Body: &CollectAck{Candidate: bad}}
	}
	found := func(change func(*Entry)) protocols.Message {
		bad := *entry
		change(&bad)
		return protocols.Message{Body: &FilterAck{TS: good.TS.Timestamp, Entry: &bad}, Payload: record.Payload}
	}
	replies := map[string]protocols.Message{
		"nothing":       {},
		"no body":       {Payload: []byte("v")},
		"a request":     {Body: &Collect{}},
		"no nonce":      candidate(func(c *Candidate) { c.Nonce = nil }),
		"long nonce":    candidate(func(c *Candidate) { c.Nonce = make([]byte, 1<<20) }),
		"no vector":     candidate(func(c *Candidate) { c.Vec = nil }),
		"huge vector":   candidate(func(c *Candidate) { c.Vec = huge }),
		"empty MAC":     candidate(func(c *Candidate) { c.Vec = make([][]byte, 4) }),
		"no ts MAC":     candidate(func(c *Candidate) { c.TS.MAC = nil }),
		"no pid":        candidate(func(c *Candidate) { c.TS.PID = 0 }),
		"no num":        candidate(func(c *Candidate) { c.TS.Num = 0 }),
		"empty entry":   found(func(e *Entry) { *e = Entry{} }),
		"other ts":      found(func(e *Entry) { e.TS.PID++ }),
		"few hashes":    found(func(e *Entry) { e.CC.Hashes = e.CC.Hashes[:3] }),
		"many hashes":   found(func(e *Entry) { e.CC.Hashes = huge }),
		"short hash":    found(func(e *Entry) { e.CC.Hashes = [][]byte{{1}, {2}, {3}, {4}} }),
		"other length":  found(func(e *Entry) { e.CC.Length = 1000 }),
		"huge length":   found(func(e *Entry) { e.CC = dispersal.CrossChecksum{Length: 1 << 63, Hashes: e.CC.Hashes} }),
		"no commitment": found(func(e *Entry) { e.Commitment = nil }),
		"entry vector":  found(func(e *Entry) { e.Vec = e.Vec[1:] }),
	}
	for name, reply := range replies {
		reg := c.Register(9, protocols.Writer)
		mem := protocols.Heap{}
		for _, op := range []protocols.Operation{reg.Read(key, mem), reg.Write(key, nil, mem)} {
			step := protocols.Step{Next: op.Start()}
			for round := 1; !step.Done; round++ {
				for range 2 {
					for server := range 4 {
						if s := op.Answer(round, server, reply); s.Done || s.Next != nil {
							t.Fatalf("%s: %T takes it for an answer in round %d", name, op, round)
						}
					}
				}
				step = answerAll(t, c, op, round, step.Next)
			}
			if result, err := op.Result(); err != nil || result.Timestamp.IsZero() {
				t.Errorf("%s: %T ends with %+v, %v", name, op, result, err)
			}
		}
	}
}

// answerAll has the servers answer a round until it ends.
func answerAll(t *testing.T, c *prototest.Cluster, op protocols.Operation, round int, requests protocols.Broadcast,
) protocols.Step {
	t.Helper()
	for server, request := range requests {
		reply, err := c.Request(protocols.Writer, key, server, request)
		if err != nil {
			t.Fatal(err)
		}
		reply.Payload = bytes.Clone(reply.Payload)
		if step := op.Answer(round, server, reply); step.Done || step.Next != nil {
			return step
		}
	}
	t.Fatalf("%T does not end round %d", op, round)
	return protocols.Step{}
}
