package mpowerstore_test

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
)

const key = protocols.Key("k")

// signed is compared with the one in kinds.
var signed = variants.Signed()

// kinds are the protocol with every kind of proofs.
var kinds = []protocols.Protocol{Protocol{}, variants.Polynomial(), signed}

// forget makes a server claim that it knows of no write.
func forget(c *prototest.Cluster, server int) {
	c.Forge(server, func(request, _ protocols.Message) *protocols.Message {
		switch request.Body.(type) {
		case *Clock:
			return &protocols.Message{Body: &ClockAck{}}
		case *Collect:
			return &protocols.Message{Body: &CollectAck{}}
		case *Filter:
			return &protocols.Message{Body: &FilterAck{}}
		}
		return nil
	})
}

// claim makes a server answer COLLECT with the candidate.
func claim(c *prototest.Cluster, server int, candidate Candidate) {
	c.Forge(server, func(request, _ protocols.Message) *protocols.Message {
		if _, ok := request.Body.(*Collect); ok {
			return &protocols.Message{Body: &CollectAck{Candidate: candidate}}
		}
		return nil
	})
}

// leak runs a WRITE whose STORE reaches only the servers named and whose client dies when COMPLETE has reached one of
// them: the candidate that it returns is known to that server alone.
func leak(c *prototest.Cluster, w *prototest.Client, value string, stored []int, leaked int) Candidate {
	_, candidate := interrupted(c, w, value, stored, leaked)
	return candidate
}

// interrupted is leak, and returns the WRITE too.
func interrupted(c *prototest.Cluster, w *prototest.Client, value string, stored []int, leaked int) (
	*prototest.Run, Candidate,
) {
	op := w.Register.Write(key, []byte(value), protocols.Heap{}).(*Writer)
	write := c.Start(w, key, protocols.Write, []byte(value), op)
	c.Deliver(func(e prototest.Envelope) bool { return write.Is(e) && e.Round == RoundClock })
	c.Interrupt(write, nil, stored, []int{leaked})
	return write, op.Written()
}

// lcOf is the candidate that a server holds.
func lcOf(c *prototest.Cluster, server int, key protocols.Key) (lc Candidate) {
	c.Load(server, key, candidates.RecordLC, &lc)
	return lc
}

// peek is the state of a server.
func peek(c *prototest.Cluster, server int, key protocols.Key) *prototest.Peek {
	return &prototest.Peek{Cluster: c, Server: server, Key: key}
}

// spoilt is the candidate with all MACs of its vector wrong but those of the servers named.
func spoilt(c Candidate, right ...int) Candidate {
	vec := make([][]byte, len(c.Vec))
	for i := range vec {
		vec[i] = c.Vec[i]
		if !slices.Contains(right, i) {
			vec[i] = prototest.Flipped(vec[i])
		}
	}
	c.Vec = vec
	return c
}
