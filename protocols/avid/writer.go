package avid

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/versions"
)

// write is a WRITE in progress: GET_TS, DISPERSE.
//
// A timestamp that t+1 servers say they have reached, or passed, a correct one has: so none is skipped, and no signature
// need prove it (U4). The timestamps that S−t servers told first include that of a correct server which has the version
// of any WRITE that had ended. If they are not all vouched for, the WRITE listens: what a correct server has, all come to
// have.
type write struct {
	protocols.Phase
	params
	*register
	clock     *protocols.Clock // of this key
	fragments [][]byte         // of the value, by server
	check     Checksum

	told   []*protocols.Timestamp // the first that each server told; nil before
	latest []protocols.Timestamp  // the highest that each told
	name   []byte                 // under which it listens; nil while it does not
	ts     protocols.Timestamp    // the value's own
	err    error
}

// Start begins the first round: GET_TS to all.
func (w *write) Start() protocols.Broadcast { return w.Begin(protocols.Message{Body: &GetTS{}}).Next }

// Streams implements protocols.Streamed: servers send a listener all that is new.
func (w *write) Streams(round int) bool { return round == 2 && w.name != nil }

// Answer implements protocols.Operation.
func (w *write) Answer(round, server int, reply protocols.Message) protocols.Step {
	switch body := reply.Body.(type) {
	case *Clock:
		if w.ts.IsZero() && (body.TS.IsZero() || versions.Issuable(body.TS)) {
			return w.learn(server, body.TS)
		}
	case *Stored:
		if round == w.Round && !w.ts.IsZero() {
			return w.Acknowledged()
		}
	}
	return protocols.Wait()
}

// learn takes a server's timestamp, in either round. When S−t are vouched for, DISPERSE begins.
func (w *write) learn(server int, ts protocols.Timestamp) protocols.Step {
	if w.told[server] == nil {
		w.told[server] = &ts
	}
	if w.latest[server].Less(ts) {
		w.latest[server] = ts
	}
	told, vouched, highest := 0, 0, protocols.Timestamp{}
	for _, first := range w.told {
		if first == nil {
			continue
		}
		told++
		if w.vouched(*first) {
			vouched++
			if highest.Less(*first) {
				highest = *first
			}
		}
	}
	switch {
	case vouched >= w.is.Quorum:
		return w.disperse(highest)
	case told >= w.is.Quorum && w.name == nil:
		if w.name, w.err = w.listener(); w.err != nil {
			return protocols.Done()
		}
		return w.Begin(protocols.Message{Body: &GetTS{Listener: w.name}})
	}
	return protocols.Wait()
}

// vouched reports whether t+1 servers have reached the timestamp, or passed it.
func (w *write) vouched(ts protocols.Timestamp) bool {
	n := 0
	for i, latest := range w.latest {
		if w.told[i] != nil && !latest.Less(ts) {
			n++
		}
	}
	return n > w.t
}

// disperse begins the last round, under the timestamp after ts.
func (w *write) disperse(ts protocols.Timestamp) protocols.Step {
	if w.ts, w.err = w.clock.Issue(ts, w.pid); w.err != nil {
		return protocols.Done()
	}
	b := protocols.ToAll(w.is.Servers, protocols.Message{Body: &Disperse{TS: w.ts, Check: w.check, Listener: w.name}})
	for server := range b {
		b[server].Payload = w.fragments[server]
	}
	return w.Send(b)
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) { return protocols.Result{Timestamp: w.ts}, w.err }
