package phalanx

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
)

// write is a WRITE in progress: GET_TS, PUT.
type write struct {
	protocols.Phase
	*register
	key    protocols.Key
	value  []byte
	clock  *protocols.Clock    // of this key
	claims []claim             // the replies to GET_TS
	ts     protocols.Timestamp // the value's own
	err    error
}

// Start begins the first round: GET_TS to all.
func (w *write) Start() protocols.Broadcast { return w.Begin(protocols.Message{Body: &GetTS{}}).Next }

// Answer implements protocols.Operation.
func (w *write) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.Round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *GetTSAck:
		if round == 1 && w.wellFormed(body.Datum) {
			return w.learn(body.Datum)
		}
	case *PutAck:
		if round == 2 {
			return w.Acknowledged()
		}
	}
	return protocols.Wait()
}

// learn takes a server's timestamp; after a quorum's, the second round begins: PUT of the value, signed, under the
// timestamp after the highest one that verifies. Only writers sign timestamps, each one higher than the last, so they
// never reach the highest.
func (w *write) learn(d Datum) protocols.Step {
	if w.claims = append(w.claims, claim{Datum: d}); !w.Quorum() {
		return protocols.Wait()
	}
	if w.ts, w.err = w.clock.Issue(w.highest(w.key, w.claims, w.clock.Timestamp).TS, w.pid); w.err != nil {
		return protocols.Done()
	}
	signature, err := w.signer.Sign(w.entropy, signed(w.key, w.ts, w.suite.Hash(w.value)))
	if err != nil {
		w.err = fmt.Errorf("sign timestamp %v: %w", w.ts, err)
		return protocols.Done()
	}
	return w.Begin(claim{Datum: Datum{TS: w.ts, Signature: signature}, value: w.value}.put())
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) { return protocols.Result{Timestamp: w.ts}, w.err }

// read is a READ in progress: GET, PUT.
type read struct {
	protocols.Phase
	*register
	key    protocols.Key
	claims []claim // the replies to GET
	found  claim   // the highest of them that verifies
}

// Start begins the first round: GET to all.
func (r *read) Start() protocols.Broadcast { return r.Begin(protocols.Message{Body: &Get{}}).Next }

// Answer implements protocols.Operation.
func (r *read) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != r.Round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *GetAck:
		if round == 1 && body.wellFormed(reply.Payload) {
			return r.learn(body.claim(reply.Payload))
		}
	case *PutAck:
		if round == 2 {
			return r.Acknowledged()
		}
	}
	return protocols.Wait()
}

// learn takes a server's value; after a quorum's, the second round begins: PUT of the highest that verifies to all.
func (r *read) learn(c claim) protocols.Step {
	if r.claims = append(r.claims, c); !r.Quorum() {
		return protocols.Wait()
	}
	r.found = r.highest(r.key, r.claims, protocols.Timestamp{})
	if r.found.TS.Less(r.claims[0].TS) { // highest has sorted them
		r.Note(forged)
	}
	if !unanimous(r.claims) {
		r.Note(protocols.Disagree)
	}
	if r.found.TS.IsZero() || r.variant == Unanimous && unanimous(r.claims) {
		return protocols.Done()
	}
	return r.Begin(r.found.put())
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) { return r.found.result(), nil }
