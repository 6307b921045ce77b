package powerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// The rounds of a READ.
const (
	roundCollect = iota + 1
	roundFilter
)

// reader is a READ in progress (Algorithm 3). Its choices from what FILTER brings are in filter.go.
type reader struct {
	params
	mem protocols.Memory

	round, acks int
	c           []Candidate // C: only FILTER_ACKs change it once COLLECT has ended, by exclusion (D6)
	w           []*answer   // W, by server; nil for those that have not answered FILTER
	result      protocols.Result
	err         error
}

// Start begins COLLECT (line 58).
func (r *reader) Start() protocols.Broadcast {
	r.round = roundCollect
	return protocols.ToAll(r.servers(), protocols.Message{Body: &Collect{}})
}

// Answer takes a reply to the current round. A malformed one counts for nothing: it comes from a Byzantine server, and
// the correct ones alone are a quorum.
func (r *reader) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.round {
		return protocols.Wait() // late (D6)
	}
	switch ack := reply.Body.(type) {
	case *CollectAck:
		if r.round == roundCollect {
			return r.collectAck(ack.Candidates)
		}
	case *FilterAck:
		if r.round == roundFilter {
			return r.filterAck(server, ack, reply.Payload)
		}
	}
	return protocols.Wait()
}

// collectAck adds candidates to C (lines 59 to 63). If no server of a quorum knows of a write, then none is complete
// and there is nothing to filter.
func (r *reader) collectAck(candidates []Candidate) protocols.Step {
	candidates = above(candidates, protocols.Timestamp{})
	if !all(candidates, r.written) {
		return protocols.Wait()
	}
	r.c = union(r.c, candidates)
	if r.acks++; r.acks < r.quorum() {
		return protocols.Wait()
	}
	if len(r.c) == 0 {
		return r.bottom()
	}
	r.round, r.acks = roundFilter, 0
	filter := protocols.Message{Body: &Filter{Candidates: slices.Clone(r.c)}}
	return protocols.Begin(protocols.ToAll(r.servers(), filter))
}

// filterAck records W[i] and drops the candidates that this excludes (lines 69 and 70). FILTER ends once a quorum has
// answered and either C is empty or its highest timestamp is safe (lines 66 and 67).
func (r *reader) filterAck(server int, ack *FilterAck, fragment []byte) protocols.Step {
	if ack.CC != nil && !(issued(ack.TS) && r.isFragment(*ack.CC, fragment)) {
		return protocols.Wait()
	}
	r.w[server] = &answer{ts: ack.TS, cc: ack.CC, fragment: fragment}
	r.c = slices.DeleteFunc(r.c, r.invalid)
	if r.acks++; r.acks < r.quorum() {
		return protocols.Wait()
	}
	if len(r.c) == 0 {
		return r.bottom()
	}
	ts := highest(r.c)
	cc, fragments := r.safe(ts)
	if cc == nil {
		return protocols.Wait()
	}
	r.result.Timestamp = ts
	r.result.Value, r.err = dispersal.Decode(*cc, fragments, r.t, r.mem) // lines 72 to 75
	return protocols.Done()
}

// bottom ends the READ with the initial value (line 55).
func (r *reader) bottom() protocols.Step {
	r.result.Bottom = true
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *reader) Result() (protocols.Result, error) { return r.result, r.err }

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !holds(x) })
}
