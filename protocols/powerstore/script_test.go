package powerstore

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/prototest"
)

const key = protocols.Key("k")

// both are the protocol with either kind of proofs.
var both = []Protocol{{}, {Polynomial: true}}

// paramsOf is what all processes of the cluster know.
func paramsOf(c *prototest.Cluster) params { return c.Register(1, protocols.Reader).(*register).params }

// forget makes a server claim that it knows of no write.
func forget(c *prototest.Cluster, server int) {
	c.Forge(server, func(request, _ protocols.Message) *protocols.Message {
		switch request.Body.(type) {
		case *Collect:
			return &protocols.Message{Body: &CollectAck{}}
		case *Filter:
			return &protocols.Message{Body: &FilterAck{}}
		}
		return nil
	})
}

// claim makes a server answer COLLECT with the candidates.
func claim(c *prototest.Cluster, server int, candidates ...Candidate) {
	c.Forge(server, func(request, _ protocols.Message) *protocols.Message {
		if _, ok := request.Body.(*Collect); ok {
			return &protocols.Message{Body: &CollectAck{Candidates: candidates}}
		}
		return nil
	})
}

// interrupt runs a WRITE whose STORE reaches only the servers named and whose client dies when COMPLETE has reached
// those named then: none of them if STORE has not reached a quorum. It returns the candidate.
func interrupt(c *prototest.Cluster, w *prototest.Client, value string, stored, completed []int) Candidate {
	op := w.Register.Write(key, []byte(value), protocols.Heap{}).(*writer)
	write := c.Start(w, key, protocols.Write, []byte(value), op)
	c.Interrupt(write, stored, completed)
	return op.candidate
}

// lcOf is the candidate that a server holds as completed; backOf is its LC.
func lcOf(c *prototest.Cluster, server int) (lc Candidate) {
	c.Load(server, key, candidates.RecordLC, &lc)
	return lc
}

func backOf(c *prototest.Cluster, server int) (back []Candidate) {
	c.Load(server, key, recordBack, &back)
	return back
}

// same reports whether c and o agree in everything.
func (c Candidate) same(o Candidate) bool {
	return c.TS.Equal(o.TS) && bytes.Equal(c.Nonce, o.Nonce)
}

// bogus is a candidate that nobody wrote.
func bogus(c *prototest.Cluster, num uint64) Candidate {
	ts := protocols.Timestamp{Num: num, PID: theWriter}
	return Candidate{TS: ts, Nonce: slices.Repeat([]byte{byte(num)}, paramsOf(c).pow.SecretSize())}
}
