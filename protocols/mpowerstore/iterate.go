package mpowerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
)

// maxFilters is how many FILTERs a READ has: all rounds there may be but COLLECT and REPAIR. A READ that has come to the
// last one waits: its outstanding replies, or those to earlier ones, may still end it.
const maxFilters = protocols.MaxRounds - 2

// iterating is a READ from servers that prune their history (history.go). Where WRITEs that complete during the READ have
// had the entries of its candidates pruned, it FILTERs again, with those that the servers have adopted since.
type iterating struct {
	*reader             // C is that of COLLECT, less what any FILTER has excluded
	filters []*reader   // each with a C and a W of its own; the one that is accepted becomes the READ
	tops    []Candidate // by server, the highest that it said to have adopted
}

// Answer implements protocols.Operation. Late replies to earlier FILTERs count.
func (r *iterating) Answer(round, server int, reply protocols.Message) protocols.Step {
	repair := roundFilter + len(r.filters)
	switch r.round {
	case roundFilter:
		if ack, ok := reply.Body.(*FilterAck); ok && round >= roundFilter && round < repair {
			return r.filterAck(r.filters[round-roundFilter], server, ack, reply.Payload)
		}
		return protocols.Wait()
	case roundRepair:
		if round != repair {
			return protocols.Wait()
		}
		return r.reader.Answer(roundRepair, server, reply)
	}
	step := r.reader.Answer(round, server, reply)
	if r.round == roundFilter {
		r.filters = append(r.filters, r.filtering(r.c))
	}
	return step
}

// filtering is a FILTER of the candidates that begins.
func (r *iterating) filtering(c []Candidate) *reader {
	return &reader{
		params: r.params, mem: r.mem, round: roundFilter, c: slices.Clone(c), w: make([]*answer, r.servers()),
	}
}

// filterAck records what a server answered to one of the FILTERs, and goes on with what follows from it.
func (r *iterating) filterAck(f *reader, server int, ack *FilterAck, fragment []byte) protocols.Step {
	top := ack.Top
	if top != nil && !r.written(*top) || !f.record(server, ack, fragment) {
		return protocols.Wait()
	}
	f.w[server].horizon = ack.Horizon
	if top != nil && r.tops[server].TS.Less(top.TS.Timestamp) { // an older reply may come later
		r.tops[server] = *top
	}
	if r.c = slices.DeleteFunc(r.c, f.invalid); len(r.c) == 0 {
		return r.bottom()
	}
	for _, f := range r.filters {
		if step := r.accept(f); step.Done || step.Next != nil {
			return step
		}
	}
	return r.again()
}

// accept ends the READ with a safe entry, if the FILTER has brought one: no lower than any candidate that may have been
// complete when the READ began, and written back to the quorum that has answered.
func (r *iterating) accept(f *reader) protocols.Step {
	if f.acks < r.quorum() {
		return protocols.Wait()
	}
	floor := highest(r.c)
	for _, a := range f.w {
		if a == nil || a.ts.Less(floor) {
			continue
		}
		entry, fragments := f.safe(a.ts)
		if entry == nil {
			continue
		}
		if step := f.restore(entry, fragments); step.Done || step.Next != nil {
			r.reader = f
			return step
		}
	}
	return protocols.Wait()
}

// again begins the next FILTER, once a quorum has answered the last one and any server has adopted what is new and above
// all of C.
func (r *iterating) again() protocols.Step {
	last := r.filters[len(r.filters)-1]
	if last.acks < r.quorum() || len(r.filters) == maxFilters {
		return protocols.Wait()
	}
	c, floor, fresh := slices.Clone(r.c), highest(r.c), false
	for _, top := range r.tops {
		if floor.Less(top.TS.Timestamp) && !slices.ContainsFunc(c, top.same) {
			c = append(c, top)
			fresh = fresh || !slices.ContainsFunc(last.c, top.same)
		}
	}
	if !fresh {
		return protocols.Wait()
	}
	r.filters = append(r.filters, r.filtering(c))
	return protocols.Begin(r.filter(c))
}
