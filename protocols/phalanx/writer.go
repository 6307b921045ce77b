package phalanx

import (
	"errors"
	"fmt"
	"math"

	"github.com/powbench/powbench/protocols"
)

// errExhausted ends a WRITE that follows the highest timestamp there can be. Only writers sign timestamps, each one
// higher than the last, so that no one lives to see it.
var errExhausted = errors.New("a writer signed the highest timestamp there is, and no WRITE can follow it")

// write is a WRITE in progress.
type write struct {
	*register
	key    protocols.Key
	value  []byte
	issued *protocols.Timestamp // of this key: the highest so far
	round  int
	claims []claim             // the replies to GET_TS
	ts     protocols.Timestamp // the value's own
	acks   int                 // of PUT
	err    error
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
		if round == 1 && w.wellFormed(body.Datum) {
			return w.learn(body.Datum)
		}
	case *PutAck:
		if round == 2 {
			return w.stored()
		}
	}
	return protocols.Wait()
}

// wellFormed reports whether the datum can be a correct server's answer to GET_TS.
func (r *register) wellFormed(d Datum) bool {
	hashed := len(d.Hash) == r.suite.HashSize() || d.TS.IsZero() && len(d.Hash) == 0
	return hashed && possible(d.TS, d.Signature)
}

// learn takes a server's timestamp; after a quorum's, the second round begins.
func (w *write) learn(d Datum) protocols.Step {
	if w.claims = append(w.claims, claim{Datum: d}); len(w.claims) < w.quorum {
		return protocols.Wait()
	}
	highest := w.highest(w.key, w.claims, *w.issued).TS
	if highest.Less(*w.issued) {
		highest = *w.issued
	}
	put, err := w.put(highest)
	if err != nil {
		w.err = err
		return protocols.Done()
	}
	w.round = 2
	return protocols.Begin(protocols.ToAll(w.servers, put))
}

// put is the signed value under the timestamp after the highest one.
func (w *write) put(highest protocols.Timestamp) (protocols.Message, error) {
	if highest.Num == math.MaxUint64 {
		return protocols.Message{}, errExhausted
	}
	w.ts = highest.Next(w.pid)
	*w.issued = w.ts
	signature, err := w.signer.Sign(w.entropy, signed(w.key, w.ts, w.suite.Hash(w.value)))
	if err != nil {
		return protocols.Message{}, fmt.Errorf("sign timestamp %v: %w", w.ts, err)
	}
	return claim{Datum: Datum{TS: w.ts, Signature: signature}, value: w.value}.put(), nil
}

// stored counts the servers that have the value.
func (w *write) stored() protocols.Step {
	if w.acks++; w.acks < w.quorum {
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
