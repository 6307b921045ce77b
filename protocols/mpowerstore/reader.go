package mpowerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
)

// The rounds of a READ.
const (
	roundCollect = iota + 1
	roundFilter
	roundRepair
)

// reader is a READ in progress (Algorithm 6). Its choices from what FILTER brings are in filter.go.
type reader struct {
	params
	mem protocols.Memory

	round, acks int
	c           []Candidate // C: only FILTER_ACKs change it once COLLECT has ended, by exclusion (D6)
	w           []*answer   // W, by server; nil for those that have not answered FILTER
	spared      []bool      // by server: FILTER did not ask it for its fragment (variant Lean); nil for none
	result      protocols.Result
	err         error
}

// Start begins COLLECT (line 137).
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
			return r.collectAck(ack.Candidate)
		}
	case *FilterAck:
		if r.round == roundFilter {
			return r.filterAck(server, ack, reply.Payload)
		}
	case *RepairAck:
		if r.round == roundRepair {
			return r.repairAck()
		}
	}
	return protocols.Wait()
}

// collectAck adds a candidate to C (lines 145 to 147). If no server of a quorum knows of a write, then none is
// complete and there is nothing to filter.
func (r *reader) collectAck(c Candidate) protocols.Step {
	switch {
	case c.TS.IsZero(): // c0
	case !r.written(c):
		return protocols.Wait()
	case !slices.ContainsFunc(r.c, c.same):
		r.c = append(r.c, c)
	}
	if r.acks++; r.acks < r.quorum() {
		return protocols.Wait()
	}
	if len(r.c) == 0 {
		return r.bottom()
	}
	r.round, r.acks = roundFilter, 0
	return protocols.Begin(r.filter(r.c))
}

// filter is the requests of procedure FILTER (line 138).
func (r *reader) filter(candidates []Candidate) protocols.Broadcast {
	return protocols.ToAll(r.servers(), protocols.Message{Body: &Filter{Candidates: slices.Clone(candidates)}})
}

// filterAck records W[i] and drops the candidates that this excludes (lines 148 to 150). FILTER ends once a quorum has
// answered and either C is empty or its highest timestamp is safe (D7).
func (r *reader) filterAck(server int, ack *FilterAck, fragment []byte) protocols.Step {
	if !r.record(server, ack, fragment) {
		return protocols.Wait()
	}
	r.c = slices.DeleteFunc(r.c, r.invalid)
	return r.filtered()
}

// record takes a server's answer for W[i], unless it is malformed.
func (r *reader) record(server int, ack *FilterAck, fragment []byte) bool {
	if e := ack.Entry; e != nil && !(e.TS.Equal(ack.TS) && r.sent(server, e, fragment)) {
		return false
	}
	r.w[server] = &answer{ts: ack.TS, entry: ack.Entry, fragment: fragment}
	r.acks++
	return true
}

// sent reports whether a correct server may have sent the entry with the fragment, or without it if FILTER spared it.
func (r *reader) sent(server int, e *Entry, fragment []byte) bool {
	if r.withheld(server, fragment) {
		return r.isEntry(e, r.shape.told)
	}
	return r.stored(e, fragment, r.shape.told)
}

// withheld reports whether there is no fragment because FILTER spared the server.
func (r *reader) withheld(server int, fragment []byte) bool {
	return r.spared != nil && r.spared[server] && len(fragment) == 0
}

// filtered ends FILTER if W allows it.
func (r *reader) filtered() protocols.Step {
	if r.acks < r.quorum() {
		return protocols.Wait()
	}
	if len(r.c) == 0 {
		return r.bottom()
	}
	entry, fragments := r.safe(highest(r.c))
	if entry == nil {
		return protocols.Wait()
	}
	return r.restore(entry, fragments)
}

// bottom ends the READ with the initial value (line 143).
func (r *reader) bottom() protocols.Step {
	r.result.Bottom = true
	return protocols.Done()
}

// restore decodes the value (line 141) and ends the READ, unless the candidate must be repaired first.
func (r *reader) restore(entry *Entry, fragments [][]byte) protocols.Step {
	nonce, intact := r.choose(entry)
	if nonce == nil {
		return protocols.Wait()
	}
	r.result.Timestamp = entry.TS.Timestamp
	if r.result.Value, r.err = r.data.Decode(entry.CC, fragments, r.mem); r.err != nil || intact {
		return protocols.Done()
	}
	r.round, r.acks = roundRepair, 0
	repair := protocols.Message{Body: &Repair{Candidate: entry.candidate(nonce)}}
	return protocols.Begin(protocols.ToAll(r.servers(), repair))
}

// repairAck waits for S−t of them (line 156).
func (r *reader) repairAck() protocols.Step {
	if r.acks++; r.acks < r.quorum() {
		return protocols.Wait()
	}
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *reader) Result() (protocols.Result, error) { return r.result, r.err }
