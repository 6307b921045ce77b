package bftbc

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/certificate"
)

// progress is how far a client has come with its WRITEs of one key.
type progress struct {
	last Written  // of its last WRITE that ended
	open *attempt // a WRITE that servers may have prepared; the next one ends it first
}

// attempt is a WRITE from its PREPARE on.
type attempt struct {
	prepare *Prepare
	by      Certificate // that a quorum prepared it, once one has
	value   []byte
	copy    []byte // of the value, whose memory is the operation's
}

// write is a WRITE in progress: READ-TS, PREPARE, WRITE. If the client gave up a WRITE before, servers have its plan and
// sign no other: then it ends that one first, between READ-TS and its own PREPARE, from the copy that it kept (U5).
type write struct {
	protocols.Phase
	*register
	key      protocols.Key
	value    []byte
	mine     *progress // with this key
	max      Prepared  // the highest that is certified
	gathered certificate.Collection
	own      bool                // PREPARE and WRITE are about the operation's own value
	ts       protocols.Timestamp // the value's own
	err      error
}

// Start begins the first round: READ-TS to all.
func (w *write) Start() protocols.Broadcast { return w.Begin(protocols.Message{Body: &ReadTS{}}).Next }

// Answer implements protocols.Operation.
func (w *write) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != w.Round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *Newest:
		if round == 1 && w.prepared(w.key, body.Prepared) {
			return w.learn(body.Prepared)
		}
	case *Signed:
		if w.Add(&w.gathered, server, body.Signature) {
			return w.certificate(w.Complete(w.gathered))
		}
	}
	return protocols.Wait()
}

// learn takes a server's certificate; after a quorum's, the client goes on with the WRITE that it gave up, or prepares.
func (w *write) learn(p Prepared) protocols.Step {
	if w.max.TS.Less(p.TS) {
		w.max = p
	}
	switch {
	case !w.Quorum():
		return protocols.Wait()
	case w.mine.open != nil:
		return w.resume()
	}
	return w.prepare()
}

// resume goes on with the WRITE that was given up, where it was.
func (w *write) resume() protocols.Step {
	a := w.mine.open
	if a.value = a.copy; a.by.Empty() {
		return w.announce()
	}
	return w.store()
}

// prepare begins PREPARE of the operation's own value, under the timestamp after the highest.
func (w *write) prepare() protocols.Step {
	highest := w.max.TS
	if highest.Less(w.after) {
		highest = w.after
	}
	m := &Prepare{
		Max: w.max, TS: highest.Next(w.pid), Hash: w.suite.Hash(w.value), Last: w.mine.last,
		Public: w.identity.Public, Credential: w.identity.Credential,
	}
	if !succeeds(m.TS, highest) {
		w.err = protocols.ErrExhausted
		return protocols.Done()
	}
	var err error
	if m.Signature, err = w.signer.Sign(w.entropy, statement(announcing, w.key, m.TS, m.Hash)); err != nil {
		w.err = fmt.Errorf("sign timestamp %v: %w", m.TS, err)
		return protocols.Done()
	}
	w.own, w.ts = true, m.TS
	w.mine.open = &attempt{prepare: m, value: w.value, copy: append(w.spare[:0], w.value...)}
	w.spare = nil
	return w.announce()
}

// announce begins PREPARE of the open attempt.
func (w *write) announce() protocols.Step {
	m := w.mine.open.prepare
	w.gathered = w.Collect(statement(preparing, w.key, m.TS, m.Hash))
	return w.Begin(protocols.Message{Body: m})
}

// store begins WRITE of the open attempt.
func (w *write) store() protocols.Step {
	a := w.mine.open
	w.gathered = w.Collect(statement(writing, w.key, a.prepare.TS, nil))
	return w.Begin(protocols.Message{Body: &Write{TS: a.prepare.TS, By: a.by}, Payload: a.value})
}

// certificate takes a quorum's signatures: that the open attempt is prepared, or that it is written.
func (w *write) certificate(by Certificate) protocols.Step {
	a := w.mine.open
	if a.by.Empty() {
		a.by = by
		return w.store()
	}
	*w.mine = progress{last: Written{TS: a.prepare.TS, By: by}}
	if w.own {
		w.spare = a.copy // nobody else has it
		return protocols.Done()
	}
	if w.max.TS.Less(a.prepare.TS) {
		w.max = Prepared{TS: a.prepare.TS, Hash: a.prepare.Hash, By: a.by}
	}
	return w.prepare()
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) { return protocols.Result{Timestamp: w.ts}, w.err }
