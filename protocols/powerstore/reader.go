package powerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
)

// The rounds of a READ.
const (
	roundCollect = iota + 1
	roundFilter
)

// reader is a READ in progress (Algorithm 3).
type reader struct {
	params
	protocols.Phase
	mem protocols.Memory

	c      []Candidate                     // C: once COLLECT has ended, FILTER_ACKs only exclude from it (D6)
	w      *candidates.Answers[*FilterAck] // W and R
	result protocols.Result
	err    error
}

func newReader(p params, mem protocols.Memory) *reader {
	return &reader{
		params: p, Phase: p.NewPhase(), mem: mem, w: candidates.NewAnswers[*FilterAck](p.Params),
	}
}

// Start begins COLLECT (line 58).
func (r *reader) Start() protocols.Broadcast {
	return r.Begin(protocols.Message{Body: &Collect{}}).Next
}

// Answer takes a reply to the current round. A malformed one counts for nothing: it comes from a Byzantine server, and
// the correct ones alone are a quorum.
func (r *reader) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.Round {
		r.Note(protocols.LateReply)
		return protocols.Wait() // late (D6)
	}
	switch ack := reply.Body.(type) {
	case *CollectAck:
		if round == roundCollect {
			return r.collectAck(ack.Candidates)
		}
	case *FilterAck:
		if round == roundFilter {
			return r.filterAck(server, ack, reply.Payload)
		}
	}
	return protocols.Wait()
}

// collectAck adds candidates to C (lines 59 to 63) and begins FILTER (line 65). If no server of a quorum knows of a
// write, then none is complete and there is nothing to filter.
func (r *reader) collectAck(set []Candidate) protocols.Step {
	set = above(set, protocols.Timestamp{})
	if slices.ContainsFunc(set, r.unwritten) {
		return protocols.Wait()
	}
	r.c = union(r.c, set)
	switch {
	case !r.Quorum():
		return protocols.Wait()
	case len(r.c) == 0:
		r.Note(noCandidate)
		return r.bottom()
	}
	if len(r.c) > 1 {
		r.Note(several)
	}
	return r.Begin(protocols.Message{Body: &Filter{Candidates: slices.Clone(r.c)}})
}

// filterAck records W[i] and drops the candidates that this excludes (lines 69 and 70). FILTER ends once a quorum has
// answered and either C is empty or its highest timestamp is safe (lines 66 and 67). A safe candidate was written back:
// FILTER has brought all of C to the quorum.
func (r *reader) filterAck(server int, ack *FilterAck, fragment []byte) protocols.Step {
	answer := candidates.Answer[*FilterAck]{TS: ack.TS, Fragment: fragment}
	if ack.CC != nil {
		if !issued(ack.TS) || !r.IsFragment(*ack.CC, fragment) {
			return protocols.Wait()
		}
		answer.Entry = ack
	}
	r.w.Add(server, answer)
	before := len(r.c)
	if r.c = candidates.Exclude(r.c, r.w); len(r.c) < before {
		r.Note(excluded)
	}
	switch {
	case !r.w.Enough():
		return protocols.Wait()
	case len(r.c) == 0:
		r.Note(allExcluded)
		return r.bottom()
	}
	safe, fragments, ok := r.w.Safe(candidates.Highest(r.c))
	if !ok {
		r.Note(notSafe)
		return protocols.Wait()
	}
	r.result.Timestamp = safe.TS
	r.result.Value, r.err = r.Data.Decode(*safe.CC, fragments, r.mem) // lines 72 to 75
	return protocols.Done()
}

// bottom ends the READ with the initial value (line 55).
func (r *reader) bottom() protocols.Step {
	r.result.Bottom = true
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *reader) Result() (protocols.Result, error) { return r.result, r.err }
