package powerstore

import (
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
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
	protocols.Phase
	key      protocols.Key
	value    []byte
	mem      protocols.Memory
	channels pow.Channels
	entropy  io.Reader
	issued   protocols.Issued

	candidate Candidate // (ts, N)
	err       error
}

// Start begins procedure STORE, unless something fails before.
func (w *writer) Start() protocols.Broadcast {
	requests, err := w.store()
	if err != nil {
		w.err = fmt.Errorf("write: %w", err)
		return nil
	}
	return w.Send(requests).Next
}

// store is lines 4 to 7 and 11 to 13. The nonce stays here: it must not leave before a quorum has stored the data.
func (w *writer) store() (protocols.Broadcast, error) {
	nonce, commitments, err := w.pow.Commit(w.entropy, w.Servers())
	if err != nil {
		return nil, err
	}
	fragments, cc, err := w.Data.Encode(w.value, w.mem)
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
	return candidates.Stores(commitments, fragments, func(commitment []byte) protocols.Body {
		return &Store{Entry: Entry{TS: ts, CC: cc, Commitment: commitment}}
	}), nil
}

// issue is line 4. The number is kept before anything is sent: if the writer's successor issued it again, servers that
// have the first value would not take the second (D5, D8).
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

// Answer waits for acknowledgements of each round from S−t servers (lines 14 and 17). COMPLETE reveals the nonce (lines
// 8 and 16).
func (w *writer) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.Round {
		return protocols.Wait() // late (D6)
	}
	switch reply.Body.(type) {
	case *StoreAck:
		if round == roundStore && w.Quorum() {
			return w.Begin(protocols.Message{Body: &Complete{Candidate: w.candidate}})
		}
	case *CompleteAck:
		if round == roundComplete && w.Quorum() {
			return protocols.Done()
		}
	}
	return protocols.Wait()
}

// Result implements protocols.Operation.
func (w *writer) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: w.candidate.TS}, w.err
}
