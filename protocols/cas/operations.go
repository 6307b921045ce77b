package cas

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// phase holds what READ and WRITE have in common: they begin with query, and each round waits for a quorum.
type phase struct {
	protocols.Phase
	ts protocols.Timestamp // the highest of the replies to query; then that of the value
}

// Start begins query.
func (p *phase) Start() protocols.Broadcast { return p.Begin(protocols.Message{Body: &Query{}}).Next }

// learn takes a server's tag, and reports whether a quorum's are known.
func (p *phase) learn(ts protocols.Timestamp) bool {
	if p.ts.Less(ts) {
		p.ts = ts
	}
	return p.Quorum()
}

// write is a WRITE in progress: query, pre-write, finalize.
type write struct {
	phase
	pid      uint64
	clock    *protocols.Clock // of this key
	length   uint64           // of the value
	elements [][]byte         // of the value, by server
	err      error
}

// Answer implements protocols.Operation.
func (w *write) Answer(round, _ int, reply protocols.Message) protocols.Step {
	ack, ok := reply.Body.(*Ack)
	switch {
	case !ok || round != w.Round: // malformed, or late
	case round == 1 && known(ack.TS) && w.learn(ack.TS):
		return w.preWrite()
	case round == 2 && w.Quorum():
		return w.Begin(protocols.Message{Body: &Finalize{TS: w.ts}})
	case round == 3:
		return w.Acknowledged()
	}
	return protocols.Wait()
}

// preWrite issues the tag after the highest known and sends each server its element.
func (w *write) preWrite() protocols.Step {
	if w.ts, w.err = w.clock.Issue(w.ts, w.pid); w.err != nil {
		return protocols.Done()
	}
	step := w.Begin(protocols.Message{Body: &PreWrite{TS: w.ts, Length: w.length}})
	for server, element := range w.elements {
		step.Next[server].Payload = element
	}
	return step
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) { return protocols.Result{Timestamp: w.ts}, w.err }

// read is a READ in progress: query, then finalize.
type read struct {
	phase
	t        int
	mem      protocols.Memory
	length   uint64   // of the value
	elements [][]byte // by server
	count    int      // of the elements
	value    []byte
	err      error
}

// Answer implements protocols.Operation.
func (r *read) Answer(round, server int, reply protocols.Message) protocols.Step {
	ack, ok := reply.Body.(*Ack)
	switch {
	case !ok || round != r.Round: // malformed, or late
	case round == 1 && known(ack.TS) && r.learn(ack.TS):
		return r.finalize()
	case round == 2 && (len(reply.Payload) == 0 || isElement(reply.Payload, ack.Length, r.t)):
		return r.fetch(server, ack.Length, reply.Payload)
	}
	return protocols.Wait()
}

// finalize begins the second round, unless there was no WRITE yet.
func (r *read) finalize() protocols.Step {
	if r.ts.IsZero() {
		return protocols.Done()
	}
	r.elements = make([][]byte, dispersal.Total(r.t))
	return r.Begin(protocols.Message{Body: &Finalize{TS: r.ts, Read: true}})
}

// fetch takes a server's element, if it has one. The READ ends with a quorum's answers: then the tag is finalized for
// all later ones, and k of the servers were in the quorum of the pre-write.
func (r *read) fetch(server int, length uint64, element []byte) protocols.Step {
	if len(element) > 0 {
		r.elements[server], r.length = element, length
		r.count++
	}
	if quorum := r.Quorum(); !quorum || r.count < dispersal.Data(r.t) {
		return protocols.Wait()
	}
	r.value, r.err = dispersal.Decode(dispersal.CrossChecksum{Length: r.length}, r.elements, r.t, r.mem)
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	return protocols.Result{Value: r.value, Bottom: r.ts.IsZero(), Timestamp: r.ts}, r.err
}
