package variants

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/wire"
)

// usualHistory is the K of the variant that is named bounded.
const usualHistory = 4

// bounded is the variant Bounded. The paper never prunes the history; here servers do, and tell readers, who FILTER again
// where they miss something.
type bounded struct {
	mpowerstore.Protocol
	history int // K
}

// NewServer implements protocols.Protocol.
func (p bounded) NewServer(s protocols.ServerParams) protocols.Server {
	return pruning{p.Protocol.NewServer(s), p.history}
}

// NewRegister implements protocols.Protocol.
func (p bounded) NewRegister(c protocols.ClientParams) protocols.Register {
	return reading{p.Protocol.NewRegister(c), func(r *mpowerstore.Reader, _ protocols.Key) protocols.Operation {
		return &iterating{Reader: r, tops: make([]mpowerstore.Candidate, r.Servers())}
	}}
}

// pruning is a server that keeps the history's highest entries up to lc, and those above lc.
type pruning struct {
	protocols.Server
	history int
}

// Handle implements protocols.Server. It adds to the records of a new entry or lc what pruning asks for, and to the
// answer to FILTER what was pruned, and lc if that is higher than what is answered.
func (s pruning) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := s.Server.Handle(from, key, request, state)
	ack, filtered := reply.Body.(*mpowerstore.FilterAck)
	if err != nil || len(records) == 0 && !filtered {
		return reply, records, err
	}
	lc, h, err := summary(state)
	if err != nil {
		return reply, nil, err
	}
	adopted := lc.TS.Timestamp
	switch m := request.Body.(type) {
	case *mpowerstore.Store:
		records, err = h.store(m.Entry.TS.Timestamp, adopted, s.history, records)
		return reply, records, err
	case *mpowerstore.Complete:
		adopted = m.Candidate.TS.Timestamp
	case *mpowerstore.Repair:
		adopted = m.Candidate.TS.Timestamp
	case *mpowerstore.Filter:
		if ack.Horizon = h.Horizon; ack.TS.Less(lc.TS.Timestamp) {
			ack.Top = &lc
		} else {
			adopted = ack.TS
		}
	}
	if dropped := h.prune(adopted, s.history); len(dropped) > 0 {
		records, err = h.replace(dropped, records)
	}
	return reply, records, err
}

// summary is lc and what is kept.
func summary(state protocols.StateReader) (lc mpowerstore.Candidate, h kept, err error) {
	if lc, err = candidates.LC[mpowerstore.Candidate](state); err == nil {
		_, err = wire.ReadBody(state, recordKept, &h)
	}
	return lc, h, err
}

// recordKept is the record of kept; it is absent before the first STORE.
const recordKept = "kept"

// kept sums up the history of a server that prunes.
type kept struct {
	Horizon protocols.Timestamp   // the highest of the entries that were pruned; ts0 if none was
	Entries []protocols.Timestamp // of the entries that are there, from the lowest: all are above the horizon
}

// store adds an entry. One at the horizon or below is not stored at all: it belongs to a WRITE that the k entries that
// were kept have long overtaken.
func (h *kept) store(ts, lc protocols.Timestamp, k int, records []protocols.Record) ([]protocols.Record, error) {
	if !h.Horizon.Less(ts) {
		return nil, nil
	}
	at, _ := slices.BinarySearchFunc(h.Entries, ts, protocols.Timestamp.Compare)
	h.Entries = slices.Insert(h.Entries, at, ts)
	return h.replace(h.prune(lc, k), records)
}

// prune drops all but the k highest of the entries up to lc. Those above lc stay, however many: their WRITEs may be
// about to complete.
func (h *kept) prune(lc protocols.Timestamp, k int) (dropped []protocols.Timestamp) {
	complete, found := slices.BinarySearchFunc(h.Entries, lc, protocols.Timestamp.Compare)
	if found {
		complete++
	}
	if complete <= k {
		return nil
	}
	dropped, h.Entries = h.Entries[:complete-k], h.Entries[complete-k:]
	h.Horizon = dropped[len(dropped)-1]
	return dropped
}

// replace adds the summary and the end of the entries that were dropped to the records.
func (h *kept) replace(dropped []protocols.Timestamp, records []protocols.Record) ([]protocols.Record, error) {
	for _, ts := range dropped {
		records = append(records, protocols.Record{Name: mpowerstore.RecordHist(ts), Delete: true})
	}
	return wire.AddRecord(records, recordKept, h, nil)
}

// maxFilters is how many FILTERs a READ has: all rounds there may be except COLLECT and REPAIR. A READ that has come to
// the last one waits: its outstanding replies, or those to earlier ones, may still end it.
const maxFilters = protocols.MaxRounds - 2

// iterating is a READ from servers that prune their history. Where WRITEs that complete during the READ have had the
// entries of its candidates pruned, it FILTERs again, with those that the servers have adopted since.
type iterating struct {
	*mpowerstore.Reader                         // its C is that of COLLECT, less what any FILTER has excluded
	filters             []*filter               // from the first
	tops                []mpowerstore.Candidate // by server, the highest that it said to have adopted
}

// filter is one FILTER, with its candidates and its answers.
type filter struct {
	c []mpowerstore.Candidate
	w *candidates.Answers[*mpowerstore.Entry]
}

func (r *iterating) begin(c []mpowerstore.Candidate) {
	r.filters = append(r.filters, &filter{slices.Clone(c), candidates.NewAnswers[*mpowerstore.Entry](r.W.Params)})
}

// Answer implements protocols.Operation. Late replies to earlier FILTERs count.
func (r *iterating) Answer(round, server int, reply protocols.Message) protocols.Step {
	repair := mpowerstore.RoundFilter + len(r.filters)
	switch r.Round {
	case mpowerstore.RoundFilter:
		if ack, ok := reply.Body.(*mpowerstore.FilterAck); ok && round >= mpowerstore.RoundFilter && round < repair {
			return r.filterAck(r.filters[round-mpowerstore.RoundFilter], server, ack, reply.Payload)
		}
		return protocols.Wait()
	case mpowerstore.RoundRepair:
		if round != repair {
			return protocols.Wait()
		}
		return r.Reader.Answer(mpowerstore.RoundRepair, server, reply)
	}
	step := r.Reader.Answer(round, server, reply)
	if r.Round == mpowerstore.RoundFilter {
		r.begin(r.C)
	}
	return step
}

// filterAck records what a server answered to one of the FILTERs, and goes on with what follows from it.
func (r *iterating) filterAck(f *filter, server int, ack *mpowerstore.FilterAck, fragment []byte) protocols.Step {
	top := ack.Top
	if top != nil && !r.Written(*top) || !r.Sent(ack, fragment) {
		return protocols.Wait()
	}
	f.w.Add(server, candidates.Answer[*mpowerstore.Entry]{
		TS: ack.TS, Entry: ack.Entry, Fragment: fragment, Pruned: ack.Horizon,
	})
	if top != nil && r.tops[server].TS.Less(top.TS.Timestamp) { // an older reply may come later
		r.tops[server] = *top
	}
	if r.C = candidates.Exclude(r.C, f.w); len(r.C) == 0 {
		return r.Bottom()
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
func (r *iterating) accept(f *filter) protocols.Step {
	if !f.w.Enough() {
		return protocols.Wait()
	}
	floor := candidates.Highest(r.C)
	for _, a := range f.w.W {
		if a == nil || a.TS.Less(floor) {
			continue
		}
		entry, fragments, ok := f.w.Safe(a.TS)
		if !ok {
			continue
		}
		if step := r.Restore(f.c, entry, fragments); step.Done || step.Next != nil {
			return step
		}
	}
	return protocols.Wait()
}

// again begins the next FILTER, once a quorum has answered the last one and some server has adopted what is new and
// above all of C.
func (r *iterating) again() protocols.Step {
	last := r.filters[len(r.filters)-1]
	if !last.w.Enough() || len(r.filters) == maxFilters {
		return protocols.Wait()
	}
	c, floor, fresh := slices.Clone(r.C), candidates.Highest(r.C), false
	for _, top := range r.tops {
		if floor.Less(top.TS.Timestamp) && !slices.ContainsFunc(c, top.Same) {
			c = append(c, top)
			fresh = fresh || !slices.ContainsFunc(last.c, top.Same)
		}
	}
	if !fresh {
		return protocols.Wait()
	}
	r.Restart()
	r.begin(c)
	request := protocols.Message{Body: &mpowerstore.Filter{Candidates: c}}
	return protocols.Begin(protocols.ToAll(r.Servers(), request))
}
