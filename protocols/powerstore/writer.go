package powerstore

import (
	"bytes"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/pow"
)

// The rounds of a WRITE.
const (
	roundStore = iota + 1
	roundComplete
)

// writer is a WRITE in progress (Algorithm 1).
type writer struct {
	params
	key      protocols.Key
	value    []byte
	mem      protocols.Memory
	channels pow.Channels
	entropy  io.Reader
	issued   protocols.Issued

	round, acks int
	candidate   Candidate // (ts, N)
	err         error
}

// Start begins procedure STORE (lines 4 to 7, 11 to 13). The nonce stays here: it must not leave before a quorum has
// stored the data.
func (w *writer) Start() protocols.Broadcast {
	requests, err := w.store()
	if err != nil {
		w.err = fmt.Errorf("write: %w", err)
		return nil
	}
	w.round = roundStore
	return requests
}

func (w *writer) store() (protocols.Broadcast, error) {
	nonce, commitments, err := w.pow.Commit(w.entropy, w.servers())
	if err != nil {
		return nil, err
	}
	fragments, err := dispersal.Encode(w.value, w.t, w.mem)
	if err != nil {
		return nil, err
	}
	ts, err := w.issue()
	if err != nil {
		return nil, err
	}
	w.candidate = Candidate{TS: ts, Nonce: nonce}
	if commitments, err = w.channels.Seal(w.entropy, w.key, ts, commitments); err != nil {
		return nil, err
	}
	entry := Entry{TS: ts, CC: dispersal.Checksum(w.suite, len(w.value), fragments)}
	return w.stores(entry, commitments, fragments), nil
}

// stores are the STOREs. Servers that are to keep the same share a body: it is encoded once.
func (w *writer) stores(entry Entry, commitments, fragments [][]byte) protocols.Broadcast {
	requests := make(protocols.Broadcast, w.servers())
	var body *Store
	for i, fragment := range fragments {
		if body == nil || !bytes.Equal(body.Entry.Commitment, commitments[i]) {
			body = &Store{Entry: Entry{TS: entry.TS, CC: entry.CC, Commitment: commitments[i]}}
		}
		requests[i] = protocols.Message{Body: body, Payload: fragment}
	}
	return requests
}

// issue is line 4. The number is kept before anything is sent: were the writer's successor to issue it again, servers
// that have the first value would not take the second (D5, D8).
func (w *writer) issue() (ts protocols.Timestamp, err error) {
	last, err := w.issued.Last(w.key)
	if err != nil {
		return ts, err
	}
	ts = protocols.Timestamp{Num: last}.Next(theWriter)
	if err := w.issued.Keep(w.key, ts.Num); err != nil {
		return ts, fmt.Errorf("keep timestamp %v: %w", ts, err)
	}
	return ts, nil
}

// Answer waits, in each round, for acknowledgements from S−t servers (lines 14 and 17).
func (w *writer) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.round || !w.accept(reply.Body) {
		return protocols.Wait()
	}
	if w.acks++; w.acks < w.quorum() {
		return protocols.Wait()
	}
	w.round, w.acks = w.round+1, 0
	if round == roundStore {
		return w.complete()
	}
	return protocols.Done()
}

// accept reports whether the body acknowledges the current round.
func (w *writer) accept(body protocols.Body) (ok bool) {
	if w.round == roundStore {
		_, ok = body.(*StoreAck)
	} else {
		_, ok = body.(*CompleteAck)
	}
	return ok
}

// complete begins procedure COMPLETE, which reveals the nonce (lines 8 and 16).
func (w *writer) complete() protocols.Step {
	return protocols.Begin(protocols.ToAll(w.servers(), protocols.Message{Body: &Complete{Candidate: w.candidate}}))
}

// Result implements protocols.Operation.
func (w *writer) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: w.candidate.TS}, w.err
}
