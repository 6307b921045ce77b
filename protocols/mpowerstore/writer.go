package mpowerstore

import (
	"bytes"
	"io"

	"github.com/powbench/powbench/protocols"
)

// The rounds of a WRITE.
const (
	roundClock = iota + 1
	roundStore
	roundComplete
)

// writer is a WRITE in progress (Algorithm 4).
type writer struct {
	params
	key     protocols.Key // as MACs bind it
	value   []byte
	mem     protocols.Memory
	pid     uint64
	keys    *keyring
	prover  prover
	entropy io.Reader
	issued  *uint64 // the last number this client gave to a WRITE of the key

	round, acks int
	highest     protocols.Timestamp // of what the CLOCK_ACKs prove
	candidate   Candidate           // (ts, N, vec)
	err         error
}

// Start begins procedure CLOCK (line 93).
func (w *writer) Start() protocols.Broadcast {
	w.round = roundClock
	return protocols.ToAll(w.servers(), protocols.Message{Body: &Clock{}})
}

// Answer waits, in each round, for acknowledgements from S−t servers (lines 94, 105, 108).
func (w *writer) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.round || !w.accept(reply.Body) {
		return protocols.Wait()
	}
	if w.acks++; w.acks < w.quorum() {
		return protocols.Wait()
	}
	w.round, w.acks = w.round+1, 0
	switch round {
	case roundClock:
		return w.store()
	case roundStore:
		return w.complete()
	}
	return protocols.Done()
}

// accept reports whether the body acknowledges the current round.
func (w *writer) accept(body protocols.Body) (ok bool) {
	switch w.round {
	case roundClock:
		var ack *ClockAck
		if ack, ok = body.(*ClockAck); ok {
			w.clockAck(ack.TS)
		}
	case roundStore:
		_, ok = body.(*StoreAck)
	case roundComplete:
		_, ok = body.(*CompleteAck)
	}
	return ok
}

// clockAck takes one server's timestamp if a writer has issued it (line 100).
func (w *writer) clockAck(ts TS) {
	if w.highest.Less(ts.Timestamp) && w.keys.verify(w.key, ts) {
		w.highest = ts.Timestamp
	}
}

// store issues the timestamp and begins procedure STORE (lines 95, 96, 86 to 89, 102 to 104). The nonce stays here: it
// must not leave before a quorum has stored the data.
func (w *writer) store() protocols.Step {
	*w.issued = max(*w.issued, w.highest.Num) + 1
	ts := w.keys.issue(w.key, protocols.Timestamp{Num: *w.issued, PID: w.pid})
	candidate, commitments, err := w.prover.prove(w.key, ts, w.entropy)
	if err != nil {
		return w.fail(err)
	}
	w.candidate = candidate
	fragments, cc, err := w.data.Encode(w.value, w.mem)
	if err != nil {
		return w.fail(err)
	}
	return protocols.Begin(w.stores(Entry{TS: ts, CC: cc, Vec: candidate.Vec}, commitments, fragments))
}

// stores are the STOREs. Servers that are to keep the same share a body: it is encoded once.
func (w *writer) stores(entry Entry, commitments, fragments [][]byte) protocols.Broadcast {
	requests := make(protocols.Broadcast, w.servers())
	var body *Store
	for i, fragment := range fragments {
		if body == nil || !bytes.Equal(body.Entry.Commitment, commitments[i]) {
			body = &Store{Entry: *entry.with(commitments[i])}
		}
		requests[i] = protocols.Message{Body: body, Payload: fragment}
	}
	return requests
}

// complete begins procedure COMPLETE, which reveals the nonce (lines 90, 107).
func (w *writer) complete() protocols.Step {
	return protocols.Begin(protocols.ToAll(w.servers(), protocols.Message{Body: &Complete{Candidate: w.candidate}}))
}

func (w *writer) fail(err error) protocols.Step {
	w.err = err
	return protocols.Done()
}

// Result implements protocols.Operation.
func (w *writer) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: w.candidate.TS.Timestamp}, w.err
}
