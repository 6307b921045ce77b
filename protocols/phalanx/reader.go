package phalanx

import "github.com/powbench/powbench/protocols"

// read is a READ in progress.
type read struct {
	*register
	key    protocols.Key
	round  int
	claims []claim // the replies to GET
	found  claim   // the highest of them that verifies
	acks   int     // of the write-back
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
		if round == 1 && wellFormed(body, reply.Payload) {
			return r.learn(body.claim(reply.Payload))
		}
	case *PutAck:
		if round == 2 {
			return r.writtenBack()
		}
	}
	return protocols.Wait()
}

func wellFormed(ack *GetAck, value []byte) bool {
	if ack.TS.IsZero() && len(value) > 0 {
		return false
	}
	return possible(ack.TS, ack.Signature) && len(value) <= protocols.MaxValueBytes
}

// learn takes a server's value; after a quorum's, the second round begins: PUT of the highest that verifies to all.
func (r *read) learn(c claim) protocols.Step {
	if r.claims = append(r.claims, c); len(r.claims) < r.quorum {
		return protocols.Wait()
	}
	r.found = r.highest(r.key, r.claims, protocols.Timestamp{})
	if r.found.TS.IsZero() || r.variant == Unanimous && unanimous(r.claims) {
		return protocols.Done()
	}
	r.round = 2
	return protocols.Begin(protocols.ToAll(r.servers, r.found.put()))
}

// writtenBack counts the servers that have the value or a newer one.
func (r *read) writtenBack() protocols.Step {
	if r.acks++; r.acks < r.quorum {
		return protocols.Wait()
	}
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) { return r.found.result(), nil }
