package mabd

import "github.com/powbench/powbench/protocols"

// write is a WRITE in progress: GET_TS, PUT.
type write struct {
	protocols.Phase
	pid   uint64
	clock *protocols.Clock // of this key
	value []byte
	ts    protocols.Timestamp // in round 1 the highest of the replies, in round 2 the value's own
	err   error
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
		if round == 1 && plausible(body.TS, nil) {
			return w.learn(body.TS)
		}
	case *PutAck:
		if round == 2 {
			return w.Acknowledged()
		}
	}
	return protocols.Wait()
}

// learn takes a server's timestamp; after a majority's, the second round begins: PUT of the next one to all. Only a
// lying server knows the highest timestamp there is: M-ABD has no defence.
func (w *write) learn(ts protocols.Timestamp) protocols.Step {
	if w.ts.Less(ts) {
		w.ts = ts
	}
	if !w.Quorum() {
		return protocols.Wait()
	}
	if w.ts, w.err = w.clock.Issue(w.ts, w.pid); w.err != nil {
		return protocols.Done()
	}
	return w.Begin(put(w.ts, w.value))
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: w.ts}, w.err
}

// read is a READ in progress: GET, PUT.
type read struct {
	protocols.Phase
	unanimous bool                // it does not write back what all servers of the majority have
	ts        protocols.Timestamp // the highest of the replies to GET
	value     []byte              // its value
	replies   int                 // to GET
	same      int                 // how many of them have it
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
		if round == 1 && plausible(body.TS, reply.Payload) {
			return r.learn(body.TS, reply.Payload)
		}
	case *PutAck:
		if round == 2 {
			return r.Acknowledged()
		}
	}
	return protocols.Wait()
}

// learn takes a server's timestamp and value; after a majority's, the second round begins: PUT of the highest to all.
func (r *read) learn(ts protocols.Timestamp, value []byte) protocols.Step {
	if r.ts.Less(ts) {
		r.ts, r.value, r.same = ts, value, 0
	}
	if r.ts.Equal(ts) {
		r.same++
	}
	if r.replies++; !r.Quorum() {
		return protocols.Wait()
	}
	if r.same < r.replies {
		r.Note(protocols.Disagree)
	}
	if r.ts.IsZero() || r.unanimous && r.same == r.replies { // a majority has it, as after a write-back
		return protocols.Done()
	}
	return r.Begin(put(r.ts, r.value))
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) { return protocols.Found(r.ts, r.value), nil }
