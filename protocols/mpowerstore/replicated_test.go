package mpowerstore_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
)

var whole = variants.Replicated()

// A WRITE sends the value from where it lies and a READ returns it where it came to lie: neither copies it.
func TestReplicatedValuesAreNotCopied(t *testing.T) {
	c := prototest.New(t, whole, 1, "modern", 1)
	value, mem := bytes.Repeat([]byte{7}, 1000), &asked{}
	write := c.Register(1, protocols.Writer).Write(key, value, mem)
	clocks := c.AnswerAll(write, key, RoundClock, write.Start())
	for server, m := range clocks.Next {
		if &m.Payload[0] != &value[0] || len(m.Payload) != len(value) {
			t.Errorf("the STORE to s%d has a copy of the value", server+1)
		}
	}
	c.AnswerAll(write, key, RoundComplete, c.AnswerAll(write, key, RoundStore, clocks.Next).Next)

	read := c.Register(2, protocols.Reader).Read(key, mem)
	collected := c.AnswerAll(read, key, RoundCollect, read.Start())
	payloads := map[*byte]bool{}
	for server, m := range collected.Next {
		reply, err := c.Request(protocols.Reader, key, server, m)
		if err != nil {
			t.Fatal(err)
		}
		payloads[&reply.Payload[0]] = true
		if read.Answer(RoundFilter, server, reply).Done {
			break
		}
	}
	if got, _ := read.Result(); !bytes.Equal(got.Value, value) || !payloads[&got.Value[0]] {
		t.Error("the READ returned a copy of the value, or another")
	}
	if mem.bytes > 0 {
		t.Errorf("the operations asked for %d bytes", mem.bytes)
	}
}

// asked is memory that knows how much was asked of it.
type asked struct{ bytes int }

func (m *asked) Bytes(n int) []byte {
	m.bytes += n
	return make([]byte, n)
}

// Up to t servers send wrong copies with the right entry: a READ returns a right one, whoever answers first.
func TestReplicatedLiars(t *testing.T) {
	for liar := range 4 {
		c := prototest.New(t, whole, 1, "modern", 1)
		c.Finish(c.Client(1, protocols.Writer).Write(key, []byte("v")))
		c.Forge(liar, func(_, reply protocols.Message) *protocols.Message {
			if _, ok := reply.Body.(*FilterAck); !ok {
				return nil
			}
			return &protocols.Message{Body: reply.Body, Payload: []byte("w")}
		})
		for silent := range 4 {
			read := c.Client(2, protocols.Reader).Read(key)
			others := slices.DeleteFunc([]int{liar, 0, 1, 2, 3}, func(i int) bool { return i == silent && i != liar })
			if got := c.DeliverFrom(read, others...); string(got.Value) != "v" || read.Rounds() != 2 {
				t.Errorf("s%d lies, s%d is silent: READ %q in %d rounds", liar+1, silent+1, got.Value, read.Rounds())
			}
		}
	}
}
