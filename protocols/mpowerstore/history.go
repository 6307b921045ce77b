package mpowerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
)

// The paper never prunes the history. Here is how servers do with 0 < K = history, and what they tell readers of it, who
// cope with it in iterate.go. docs/protocols.md gives the reasons.

// usualHistory is the K of the variant that is named bounded.
const usualHistory = 4

// recordKept is the record of kept; it is absent before the first STORE, and where all is kept.
const recordKept = "kept"

// kept is what a server that prunes knows of its history as a whole.
type kept struct {
	Horizon protocols.Timestamp   // the highest of the entries that were pruned; ts0 if none was
	Entries []protocols.Timestamp // of the entries that are there, from the lowest: all are above the horizon
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

// kept is the history's summary, empty at first.
func (v view) kept() (h kept, err error) {
	_, err = wire.ReadBody(v.state, recordKept, &h)
	return h, err
}

// keep adds to the records of a new entry what pruning asks for. One at the horizon or below is not stored at all: it is
// of a WRITE that the K entries that were kept have long overtaken.
func (v view) keep(ts protocols.Timestamp, records []protocols.Record) ([]protocols.Record, error) {
	if v.history == 0 {
		return records, nil
	}
	h, err := v.kept()
	if err != nil || !h.Horizon.Less(ts) {
		return nil, err
	}
	lc, err := v.lc()
	if err != nil {
		return nil, err
	}
	at, _ := slices.BinarySearchFunc(h.Entries, ts, protocols.Timestamp.Compare)
	h.Entries = slices.Insert(h.Entries, at, ts)
	return h.replace(h.prune(lc.TS.Timestamp, v.history), records)
}

// pruned adds to the records of an adoption what pruning asks for: lc has become the timestamp.
func (v view) pruned(lc protocols.Timestamp, records []protocols.Record) ([]protocols.Record, error) {
	if v.history == 0 {
		return records, nil
	}
	h, err := v.kept()
	if err != nil {
		return nil, err
	}
	dropped := h.prune(lc, v.history)
	if len(dropped) == 0 {
		return records, nil
	}
	return h.replace(dropped, records)
}

// replace adds the summary and the end of the entries that were dropped to the records.
func (h *kept) replace(dropped []protocols.Timestamp, records []protocols.Record) ([]protocols.Record, error) {
	for _, ts := range dropped {
		records = append(records, protocols.Record{Name: recordHist(ts), Delete: true})
	}
	return wire.AddRecord(records, recordKept, h, nil)
}

// disclose adds to the answer to FILTER what was pruned, and lc if that is higher than what is answered.
func (v view) disclose(ack *FilterAck, lc Candidate) error {
	if v.history == 0 {
		return nil
	}
	h, err := v.kept()
	if ack.Horizon = h.Horizon; ack.TS.Less(lc.TS.Timestamp) {
		ack.Top = &lc
	}
	return err
}

// filterable is how many candidates FILTER may carry: a READ that iterates adds to those of a COLLECT one of each server.
func (p params) filterable() int {
	if p.history > 0 {
		return 2 * p.servers()
	}
	return p.servers()
}
