package mabd

import "github.com/powbench/powbench/protocols"

// read is a READ in progress.
type read struct {
	*register
	round   int
	ts      protocols.Timestamp // the highest of the replies to GET
	value   []byte              // its value
	same    int                 // how many of the replies have it
	replies int                 // to the current round
}

// Start begins the first round: GET to all.
func (r *read) Start() protocols.Broadcast {
	r.round = 1
	return protocols.ToAll(r.servers, protocols.Message{Body: &Get{}})
}

// Answer implements protocols.Operation.
func (r *read) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != r.round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *GetAck:
		if round == 1 && plausible(body.TS, reply.Payload) {
			return r.learn(body.TS, reply.Payload)
		}
	case *PutAck:
		if round == 2 {
			return r.writtenBack()
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
	if r.replies++; r.replies < r.quorum {
		return protocols.Wait()
	}
	if r.ts.IsZero() || r.variant == Unanimous && r.same == r.replies { // a majority has it, as after a write-back
		return protocols.Done()
	}
	r.round, r.replies = 2, 0
	put := protocols.Message{Body: &Put{TS: r.ts}, Payload: r.value}
	return protocols.Begin(protocols.ToAll(r.servers, put))
}

// writtenBack counts the servers that have the value or a newer one.
func (r *read) writtenBack() protocols.Step {
	if r.replies++; r.replies < r.quorum {
		return protocols.Wait()
	}
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) { return result(r.ts, r.value), nil }

// result is that of a READ that found the value under the timestamp.
func result(ts protocols.Timestamp, value []byte) protocols.Result {
	if ts.IsZero() {
		return protocols.Result{Bottom: true}
	}
	if value == nil {
		value = []byte{} // empty, which is not ⊥
	}
	return protocols.Result{Value: value, Timestamp: ts}
}
