package mabd

import (
	"errors"
	"math"

	"github.com/powbench/powbench/protocols"
)

// errExhausted ends a WRITE that learned the highest timestamp there can be. No correct server comes to it, but a lying
// one can: M-ABD has no defence.
var errExhausted = errors.New("a server reported the highest timestamp there is, and no WRITE can follow it")

// write is a WRITE in progress.
type write struct {
	*register
	value   []byte
	issued  *protocols.Timestamp // of this key: the highest so far
	round   int
	ts      protocols.Timestamp // in round 1 the highest of the replies, in round 2 the value's own
	replies int                 // to the current round
	err     error
}

// Start begins the first round: GET_TS to all.
func (w *write) Start() protocols.Broadcast {
	w.round = 1
	return protocols.ToAll(w.servers, protocols.Message{Body: &GetTS{}})
}

// Answer implements protocols.Operation.
func (w *write) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *GetTSAck:
		if round == 1 && plausible(body.TS, nil) {
			return w.learn(body.TS)
		}
	case *PutAck:
		if round == 2 {
			return w.stored()
		}
	}
	return protocols.Wait()
}

// learn takes a server's timestamp; after a majority's, the second round begins: PUT of the next one to all.
func (w *write) learn(ts protocols.Timestamp) protocols.Step {
	if w.ts.Less(ts) {
		w.ts = ts
	}
	if w.replies++; w.replies < w.quorum {
		return protocols.Wait()
	}
	if w.ts.Less(*w.issued) {
		w.ts = *w.issued
	}
	if w.ts.Num == math.MaxUint64 {
		w.err = errExhausted
		return protocols.Done()
	}
	w.ts = w.ts.Next(w.pid)
	*w.issued = w.ts
	w.round, w.replies = 2, 0
	put := protocols.Message{Body: &Put{TS: w.ts}, Payload: w.value}
	return protocols.Begin(protocols.ToAll(w.servers, put))
}

// stored counts the servers that have the value.
func (w *write) stored() protocols.Step {
	if w.replies++; w.replies < w.quorum {
		return protocols.Wait()
	}
	return protocols.Done()
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) {
	if w.err != nil {
		return protocols.Result{}, w.err
	}
	return protocols.Result{Timestamp: w.ts}, nil
}
