package cas

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// read is a READ in progress.
type read struct {
	*register
	mem      protocols.Memory
	round    int
	acks     int                 // in this round
	ts       protocols.Timestamp // the highest of the replies to query
	length   uint64              // of the value
	elements [][]byte            // by server
	count    int                 // of the elements
	value    []byte
	err      error
}

// Start begins query.
func (r *read) Start() protocols.Broadcast {
	r.round = 1
	return protocols.ToAll(r.servers, protocols.Message{Body: &Query{}})
}

// Answer implements protocols.Operation.
func (r *read) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.round {
		return protocols.Wait() // late
	}
	switch ack := reply.Body.(type) {
	case *QueryAck:
		if round == 1 && (ack.TS.IsZero() || issuable(ack.TS)) {
			return r.learn(ack.TS)
		}
	case *FinalizeAck:
		if round == 2 && (len(reply.Payload) == 0 || isElement(reply.Payload, ack.Length, r.t)) {
			return r.fetch(server, ack.Length, reply.Payload)
		}
	}
	return protocols.Wait()
}

// learn takes a server's tag; after a quorum's, finalize begins.
func (r *read) learn(ts protocols.Timestamp) protocols.Step {
	if r.ts.Less(ts) {
		r.ts = ts
	}
	if r.acks++; r.acks < r.quorum {
		return protocols.Wait()
	}
	if r.ts.IsZero() {
		return protocols.Done()
	}
	r.round, r.acks, r.elements = 2, 0, make([][]byte, r.servers)
	return protocols.Begin(protocols.ToAll(r.servers, protocols.Message{Body: &Finalize{TS: r.ts, Read: true}}))
}

// fetch takes a server's element, if it has one. The READ ends with a quorum's answers: then the tag is finalized for
// all later ones, and k of the servers were in the quorum of the pre-write.
func (r *read) fetch(server int, length uint64, element []byte) protocols.Step {
	if len(element) > 0 {
		r.elements[server], r.length = element, length
		r.count++
	}
	if r.acks++; r.acks < r.quorum || r.count < dispersal.Data(r.t) {
		return protocols.Wait()
	}
	r.value, r.err = dispersal.Decode(dispersal.CrossChecksum{Length: r.length}, r.elements, r.t, r.mem)
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	return protocols.Result{Value: r.value, Bottom: r.ts.IsZero(), Timestamp: r.ts}, r.err
}
