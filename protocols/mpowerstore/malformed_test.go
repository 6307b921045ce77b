package mpowerstore_test

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/wire"
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
	lower := protocols.Timestamp{Num: 1, PID: 1}
	replies := map[string]protocols.Message{
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
		// Were they counted, they would exclude the candidate.
		"lower ts":    {Body: &FilterAck{TS: lower, Entry: entry}, Payload: record.Payload},
		"lower entry": {Body: &FilterAck{TS: lower, Entry: &Entry{TS: TS{Timestamp: lower}, CC: entry.CC}}, Payload: record.Payload},
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			c := written(t, "modern")
			c.CheckIgnored(c.Client(9, protocols.Writer), func(protocols.Message) []protocols.Message {
				return []protocols.Message{reply}
			})
		})
	}
}
