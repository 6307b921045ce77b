package powerstore

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/wire"
)

// server is the automaton of server s_i (Algorithm 2).
type server struct {
	params
	channel    *pow.Channel // over which commitments come
	channelErr error        // what is wrong with its key
}

// Handle implements protocols.Server.
func (s *server) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	v := view{server: s, key: key, state: state}
	switch m := request.Body.(type) {
	case *Collect:
		return v.collect()
	case *Filter:
		return v.filter(m.Candidates)
	}
	if from != protocols.Writer { // D4
		return candidates.Refuse("%T from a client that is not the writer", request.Body)
	}
	switch m := request.Body.(type) {
	case *Store:
		return v.store(&m.Entry, request.Payload)
	case *Complete:
		return v.complete(m.Candidate)
	}
	return candidates.Refuse("%T is not a request", request.Body)
}

// view is one register at one server, while it handles a request.
type view struct {
	*server
	key   protocols.Key
	state protocols.StateReader
}

// store is lines 22 to 24. A second STORE of the timestamp is only acknowledged (D8).
func (v view) store(e *Entry, fragment []byte) (protocols.Message, []protocols.Record, error) {
	if v.channelErr != nil {
		return protocols.Message{}, nil, v.channelErr
	}
	commitment, err := v.channel.Open(v.key, e.TS, e.Commitment)
	if err != nil {
		return candidates.Refuse("malformed STORE: %v", err)
	}
	if !issued(e.TS) || !v.IsFragment(e.CC, fragment) || len(commitment) != v.pow.CommitmentSize() {
		return candidates.Refuse("malformed STORE with a fragment of %d bytes", len(fragment))
	}
	kept := &Entry{TS: e.TS, CC: e.CC, Commitment: commitment}
	records, err := candidates.Keep(v.state, recordHist(e.TS), kept, fragment)
	return candidates.Reply(&StoreAck{}, records, err)
}

// complete is lines 25 to 27.
func (v view) complete(c Candidate) (protocols.Message, []protocols.Record, error) {
	if !v.written(c) {
		return candidates.Refuse("malformed COMPLETE: %s", v.misfit(c))
	}
	lc, err := v.lc()
	if err != nil || !lc.TS.Less(c.TS) {
		return candidates.Reply(&CompleteAck{}, nil, err)
	}
	records, err := candidates.Adopt(c)
	return candidates.Reply(&CompleteAck{}, records, err)
}

// gc is procedure GC (lines 28 to 31): lc becomes the highest valid candidate in LC if that is higher, and LC keeps
// what is higher than lc. It returns both, and the records that it changes.
func (v view) gc() (lc Candidate, back []Candidate, records []protocols.Record, err error) {
	if lc, err = v.lc(); err == nil {
		back, err = v.back()
	}
	if err != nil {
		return lc, nil, nil, err
	}
	hv, err := candidates.HighestValid(back, v.valid)
	if err != nil {
		return lc, nil, nil, err
	}
	if lc.TS.Less(hv.TS) {
		lc = hv
		if records, err = candidates.Adopt(lc); err != nil {
			return lc, nil, nil, err
		}
	}
	left := above(back, lc.TS)
	if len(left) < len(back) {
		records, err = wire.AddRecord(records, recordBack, left, nil)
	}
	return lc, left, records, err
}

// collect is lines 32 to 34.
func (v view) collect() (protocols.Message, []protocols.Record, error) {
	lc, back, records, err := v.gc()
	return candidates.Reply(&CollectAck{Candidates: append(back, lc)}, records, err)
}

// filter is lines 35 to 39. If no candidate is valid, the answer is that of c0. LC grows by what a reader made up, as in
// the paper: a server cannot tell that from a write whose STORE is on its way.
func (v view) filter(set []Candidate) (protocols.Message, []protocols.Record, error) {
	if len(set) == 0 {
		return candidates.Refuse("malformed FILTER of no candidates")
	}
	if i := slices.IndexFunc(set, v.unwritten); i >= 0 {
		return candidates.Refuse("malformed FILTER: %s", v.misfit(set[i]))
	}
	records, err := v.writeBack(set)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	hv, err := candidates.HighestValid(set, v.valid)
	if err != nil || hv.TS.IsZero() {
		return candidates.Reply(&FilterAck{}, records, err)
	}
	var e Entry
	fragment, _, err := wire.ReadRecord(v.state, recordHist(hv.TS), &e)
	reply, records, err := candidates.Reply(&FilterAck{TS: hv.TS, CC: &e.CC}, records, err)
	reply.Payload = fragment
	return reply, records, err
}

// writeBack is line 36, except for the candidates that the next GC would drop: without an attack that is all of them,
// and a READ writes nothing to disk.
func (v view) writeBack(set []Candidate) ([]protocols.Record, error) {
	lc, err := v.lc()
	if err != nil {
		return nil, err
	}
	news := above(set, lc.TS)
	if len(news) == 0 {
		return nil, nil
	}
	back, err := v.back()
	if err != nil {
		return nil, err
	}
	all := union(back, news)
	if len(all) == len(back) {
		return nil, nil
	}
	return wire.AddRecord(nil, recordBack, all, nil)
}

// valid(c) is line 41: the history proves c.
func (v view) valid(c Candidate) (bool, error) {
	var e Entry
	found, err := wire.ReadBody(v.state, recordHist(c.TS), &e)
	return found && v.pow.Verify(e.Commitment, c.Nonce), err
}

// recordBack is the record of LC, the candidates that readers have written back.
const recordBack = "written-back"

// recordHist is the record of Hist[ts]: the entry, with the fragment as payload.
func recordHist(ts protocols.Timestamp) string { return fmt.Sprintf("hist/%016x", ts.Num) }

func (v view) lc() (Candidate, error) { return candidates.LC[Candidate](v.state) }

// back is LC.
func (v view) back() (set []Candidate, err error) {
	_, err = wire.ReadBody(v.state, recordBack, &set)
	return set, err
}

// above returns the candidates with a timestamp higher than ts.
func above(set []Candidate, ts protocols.Timestamp) (higher []Candidate) {
	for _, c := range set {
		if ts.Less(c.TS) {
			higher = append(higher, c)
		}
	}
	return higher
}

// union appends to set what it does not contain. Sets may be large: a Byzantine reader decides.
func union(set, more []Candidate) []Candidate {
	type identity struct {
		ts    protocols.Timestamp
		nonce string
	}
	has := make(map[identity]bool, len(set)+len(more))
	for _, c := range set {
		has[identity{c.TS, string(c.Nonce)}] = true
	}
	for _, c := range more {
		if id := (identity{c.TS, string(c.Nonce)}); !has[id] {
			has[id], set = true, append(set, c)
		}
	}
	return set
}
