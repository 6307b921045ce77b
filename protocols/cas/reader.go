package cas

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// read is a READ in progress: query, then finalize.
type read struct {
	phase
	mem      protocols.Memory
	length   uint64   // of the value
	elements [][]byte // by server
	count    int      // of the elements
	value    []byte
	err      error
}

// Answer implements protocols.Operation.
func (r *read) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.round {
		return protocols.Wait() // late
	}
	switch ack := reply.Body.(type) {
	case *QueryAck:
		if round == 1 && known(ack.TS) && r.learn(ack.TS) {
			return r.finalize()
		}
	case *FinalizeAck:
		if round == 2 && (len(reply.Payload) == 0 || isElement(reply.Payload, ack.Length, r.t)) {
			return r.fetch(server, ack.Length, reply.Payload)
		}
	}
	return protocols.Wait()
}

// finalize begins the second round, unless nobody ever wrote.
func (r *read) finalize() protocols.Step {
	if r.ts.IsZero() {
		return protocols.Done()
	}
	r.elements = make([][]byte, r.servers)
	return r.begin(protocols.Message{Body: &Finalize{TS: r.ts, Read: true}})
}

// fetch takes a server's element, if it has one. The READ ends with a quorum's answers: then the tag is finalized for
// all later ones, and k of the servers were in the quorum of the pre-write.
func (r *read) fetch(server int, length uint64, element []byte) protocols.Step {
	if len(element) > 0 {
		r.elements[server], r.length = element, length
		r.count++
	}
	if quorum := r.acked(); !quorum || r.count < dispersal.Data(r.t) {
		return protocols.Wait()
	}
	r.value, r.err = dispersal.Decode(dispersal.CrossChecksum{Length: r.length}, r.elements, r.t, r.mem)
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	return protocols.Result{Value: r.value, Bottom: r.ts.IsZero(), Timestamp: r.ts}, r.err
}
