package cas

import (
	"errors"
	"math"

	"github.com/powbench/powbench/protocols"
)

// errExhausted ends a WRITE that learned the highest tag there can be; only a server that lies comes to it.
var errExhausted = errors.New("a server reported the highest tag there is, and no WRITE can follow it")

// The rounds of a WRITE.
const (
	roundQuery = iota + 1
	roundPreWrite
	roundFinalize
)

// write is a WRITE in progress.
type write struct {
	*register
	length   uint64               // of the value
	elements [][]byte             // of the value, by server
	issued   *protocols.Timestamp // of this key: the highest so far
	round    int
	acks     int                 // in this round
	ts       protocols.Timestamp // in query the highest of the replies, then the value's own
	err      error
}

// Start begins query.
func (w *write) Start() protocols.Broadcast {
	w.round = roundQuery
	return protocols.ToAll(w.servers, protocols.Message{Body: &Query{}})
}

// Answer waits, in each round, for a quorum.
func (w *write) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.round || !w.accept(reply.Body) {
		return protocols.Wait()
	}
	if w.acks++; w.acks < w.quorum {
		return protocols.Wait()
	}
	w.round, w.acks = w.round+1, 0
	switch round {
	case roundQuery:
		return w.preWrite()
	case roundPreWrite:
		return protocols.Begin(protocols.ToAll(w.servers, protocols.Message{Body: &Finalize{TS: w.ts}}))
	}
	return protocols.Done()
}

// accept reports whether the body answers the current round, and takes the tag from one that answers query.
func (w *write) accept(body protocols.Body) (ok bool) {
	switch w.round {
	case roundQuery:
		ack, is := body.(*QueryAck)
		if ok = is && (ack.TS.IsZero() || issuable(ack.TS)); ok && w.ts.Less(ack.TS) {
			w.ts = ack.TS
		}
	case roundPreWrite:
		_, ok = body.(*PreWriteAck)
	case roundFinalize:
		_, ok = body.(*FinalizeAck)
	}
	return ok
}

// preWrite issues the tag after the highest known and sends each server its element.
func (w *write) preWrite() protocols.Step {
	if w.ts.Less(*w.issued) {
		w.ts = *w.issued
	}
	if w.ts.Num == math.MaxUint64 {
		w.err = errExhausted
		return protocols.Done()
	}
	w.ts = w.ts.Next(w.pid)
	*w.issued = w.ts
	requests := protocols.ToAll(w.servers, protocols.Message{Body: &PreWrite{TS: w.ts, Length: w.length}})
	for i := range requests {
		requests[i].Payload = w.elements[i]
	}
	return protocols.Begin(requests)
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) { return protocols.Result{Timestamp: w.ts}, w.err }
