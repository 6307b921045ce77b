package mpowerstore

import (
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
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
	protocols.Phase
	key     protocols.Key
	value   []byte
	mem     protocols.Memory
	pid     uint64
	prover  Prover
	entropy io.Reader
	clock   *protocols.Clock // of this client and key

	highest   protocols.Timestamp // of those that the CLOCK_ACKs prove
	candidate Candidate           // (ts, N, vec)
	err       error
}

// Start begins procedure CLOCK (line 93).
func (w *writer) Start() protocols.Broadcast { return w.Begin(protocols.Message{Body: &Clock{}}).Next }

// Answer waits for acknowledgements of each round from S−t servers (lines 94, 105, 108).
func (w *writer) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.Round {
		w.Note(protocols.LateReply)
		return protocols.Wait() // late (D6)
	}
	switch ack := reply.Body.(type) {
	case *ClockAck:
		if round == roundClock && w.clockAck(ack.TS) {
			return w.store()
		}
	case *StoreAck:
		if round == roundStore && w.Quorum() {
			return w.complete()
		}
	case *CompleteAck:
		if round == roundComplete && w.Quorum() {
			return protocols.Done()
		}
	}
	return protocols.Wait()
}

// clockAck takes one server's timestamp if a writer has issued it (lines 98 to 100), and reports whether a quorum has
// answered.
func (w *writer) clockAck(ts TS) bool {
	switch {
	case !w.highest.Less(ts.Timestamp):
	case w.prover.Issued(w.key, ts):
		w.highest = ts.Timestamp
	default:
		w.Note(Unissued)
	}
	return w.Quorum()
}

// store issues the timestamp and begins procedure STORE (lines 95, 96, 86 to 89, 102 to 104). The nonce stays here: it
// must not leave before a quorum has stored the data.
func (w *writer) store() protocols.Step {
	issued, err := w.clock.Issue(w.highest, w.pid)
	if err != nil {
		return w.fail(err)
	}
	if issued.Num > w.highest.Num+1 {
		w.Note(OwnClock)
	}
	ts := w.prover.Issue(w.key, issued)
	candidate, commitments, err := w.prover.Prove(w.key, ts, w.entropy)
	if err != nil {
		return w.fail(err)
	}
	w.candidate = candidate
	fragments, cc, err := w.Data.Encode(w.value, w.mem)
	if err != nil {
		return w.fail(err)
	}
	return w.Send(candidates.Stores(commitments, fragments, func(commitment []byte) protocols.Body {
		return &Store{Entry: Entry{TS: ts, CC: cc, Commitment: commitment, Vec: candidate.Vec}}
	}))
}

// complete begins procedure COMPLETE, which reveals the nonce (lines 90, 107).
func (w *writer) complete() protocols.Step {
	return w.Begin(protocols.Message{Body: &Complete{Candidate: w.candidate}})
}

func (w *writer) fail(err error) protocols.Step {
	w.err = err
	return protocols.Done()
}

// Result implements protocols.Operation.
func (w *writer) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: w.candidate.TS.Timestamp}, w.err
}
