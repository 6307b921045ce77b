package cas

import (
	"errors"
	"math"

	"github.com/powbench/powbench/protocols"
)

// errExhausted ends a WRITE that learned the highest tag there can be; only a server that lies comes to it.
var errExhausted = errors.New("a server reported the highest tag there is, and no WRITE can follow it")

// write is a WRITE in progress: query, pre-write, finalize.
type write struct {
	phase
	length   uint64               // of the value
	elements [][]byte             // of the value, by server
	issued   *protocols.Timestamp // of this key: the highest so far
	err      error
}

// Answer implements protocols.Operation.
func (w *write) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.round {
		return protocols.Wait() // late
	}
	switch ack := reply.Body.(type) {
	case *QueryAck:
		if round == 1 && known(ack.TS) && w.learn(ack.TS) {
			return w.preWrite()
		}
	case *PreWriteAck:
		if round == 2 && w.acked() {
			return w.begin(protocols.Message{Body: &Finalize{TS: w.ts}})
		}
	case *FinalizeAck:
		if round == 3 && w.acked() {
			return protocols.Done()
		}
	}
	return protocols.Wait()
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
	step := w.begin(protocols.Message{Body: &PreWrite{TS: w.ts, Length: w.length}})
	for server, element := range w.elements {
		step.Next[server].Payload = element
	}
	return step
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) { return protocols.Result{Timestamp: w.ts}, w.err }
