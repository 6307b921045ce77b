package mpowerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
)

// The rounds of a READ.
const (
	RoundCollect = iota + 1
	RoundFilter
	RoundRepair
)

// A Reader is a READ in progress (Algorithm 6). Variants embed it and run FILTER in their own way.
type Reader struct {
	params
	protocols.Phase
	// C is the set C: once COLLECT has ended, FILTER_ACKs only exclude from it (D6).
	C []Candidate
	// W is W with R.
	W *candidates.Answers[*Entry]

	mem    protocols.Memory
	result protocols.Result
	err    error
}

// Start begins COLLECT (line 137).
func (r *Reader) Start() protocols.Broadcast {
	return r.Begin(protocols.Message{Body: &Collect{}}).Next
}

// Answer takes a reply to the current round. A malformed one counts for nothing: it comes from a Byzantine server, and
// the correct ones alone are a quorum.
func (r *Reader) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.Round {
		r.Note(protocols.LateReply)
		return protocols.Wait() // late (D6)
	}
	switch ack := reply.Body.(type) {
	case *CollectAck:
		if round == RoundCollect {
			return r.collectAck(ack.Candidate)
		}
	case *FilterAck:
		if round == RoundFilter && r.Sent(ack, reply.Payload) {
			return r.Filter(server, candidates.Answer[*Entry]{TS: ack.TS, Entry: ack.Entry, Fragment: reply.Payload})
		}
	case *RepairAck:
		if round == RoundRepair && r.Quorum() { // line 156
			return protocols.Done()
		}
	}
	return protocols.Wait()
}

// collectAck adds a candidate to C (lines 145 to 147) and begins FILTER (line 138). If no server of a quorum knows of a
// write, then none is complete and there is nothing to filter.
func (r *Reader) collectAck(c Candidate) protocols.Step {
	switch {
	case c.TS.IsZero(): // c0
	case !r.Written(c):
		return protocols.Wait()
	case !slices.ContainsFunc(r.C, c.Same):
		if slices.ContainsFunc(r.C, func(o Candidate) bool { return o.TS.Equal(c.TS.Timestamp) }) {
			r.Note(Twins)
		}
		r.C = append(r.C, c)
	}
	switch {
	case !r.Quorum():
		return protocols.Wait()
	case len(r.C) == 0:
		r.Note(NoCandidate)
		return r.Bottom()
	}
	return r.Begin(protocols.Message{Body: &Filter{Candidates: slices.Clone(r.C)}})
}

// Sent reports whether a correct server may have sent the FILTER_ACK with the fragment.
func (r *Reader) Sent(ack *FilterAck, fragment []byte) bool {
	return r.Told(ack) && (ack.Entry == nil || r.IsFragment(ack.Entry.CC, fragment))
}

// Told reports whether a correct server may have sent the FILTER_ACK, with some fragment.
func (r *Reader) Told(ack *FilterAck) bool {
	e := ack.Entry
	return e == nil || e.TS.Equal(ack.TS) && r.isEntry(e, r.shape.Told)
}

// Filter records W[i] and drops the candidates that this excludes (lines 148 to 150).
func (r *Reader) Filter(server int, answer candidates.Answer[*Entry]) protocols.Step {
	if answer.Entry == nil && !answer.TS.IsZero() {
		r.Note(NoEntry)
	}
	r.W.Add(server, answer)
	before := len(r.C)
	if r.C = candidates.Exclude(r.C, r.W); len(r.C) < before {
		r.Note(Excluded)
	}
	return r.Filtered()
}

// Filtered ends FILTER once a quorum has answered and either C is empty or its highest timestamp is safe (D7).
func (r *Reader) Filtered() protocols.Step {
	switch {
	case !r.W.Enough():
		return protocols.Wait()
	case len(r.C) == 0:
		r.Note(AllExcluded)
		return r.Bottom()
	}
	entry, fragments, ok := r.W.Safe(candidates.Highest(r.C))
	if !ok {
		r.Note(NotSafe)
		return protocols.Wait()
	}
	return r.Restore(r.C, entry, fragments)
}

// Bottom ends the READ with the initial value (line 143).
func (r *Reader) Bottom() protocols.Step {
	r.result.Bottom = true
	return protocols.Done()
}

// Restore decodes the value of a safe entry from its fragments (line 141) and ends the READ, unless the candidate that
// the entry proves must be repaired first (lines 151 to 155) or is not in the set.
func (r *Reader) Restore(set []Candidate, entry *Entry, fragments [][]byte) protocols.Step {
	nonce, intact := r.choose(set, entry)
	if nonce == nil {
		r.Note(Unproven)
		return protocols.Wait()
	}
	r.result.Timestamp = entry.TS.Timestamp
	if r.result.Value, r.err = r.Data.Decode(entry.CC, fragments, r.mem); r.err != nil || intact {
		return protocols.Done()
	}
	r.Note(ThirdRound)
	return r.Begin(protocols.Message{Body: &Repair{Candidate: entry.candidate(nonce)}})
}

// choose picks from the set the candidate that the entry proves: by timestamp and nonce, not by timestamp alone as in
// line 140, because candidates may share a timestamp (D1). It returns the nonce, nil if the set has no such candidate;
// intact says that the set had it with the vector that the writer stored (line 153), so that FILTER has written it back.
func (r *Reader) choose(set []Candidate, entry *Entry) (nonce []byte, intact bool) {
	for _, c := range set {
		if !c.TS.Equal(entry.TS.Timestamp) || !r.proof.Fits(entry, c.Nonce) {
			continue
		}
		if c.Same(entry.candidate(c.Nonce)) {
			return c.Nonce, true
		}
		nonce = c.Nonce
	}
	return nonce, false
}

// Result implements protocols.Operation.
func (r *Reader) Result() (protocols.Result, error) { return r.result, r.err }
