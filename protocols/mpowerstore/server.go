package mpowerstore

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/wire"
)

// server is the automaton of server s_i (Algorithm 5).
type server struct {
	params
	Verifier
	keyErr error // why there is no verifier
}

// Handle implements protocols.Server.
func (s *server) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	if s.keyErr != nil {
		return protocols.Message{}, nil, s.keyErr
	}
	v := view{server: s, key: key, state: state}
	switch m := request.Body.(type) {
	case *Collect:
		return v.collect()
	case *Filter:
		return v.filter(m.Candidates)
	case *Repair:
		return v.repair(m.Candidate)
	}
	if from != protocols.Writer { // D4
		return candidates.Refuse("%T from a client that is not a writer", request.Body)
	}
	switch m := request.Body.(type) {
	case *Clock:
		return v.clock()
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

// clock is lines 109 and 110.
func (v view) clock() (protocols.Message, []protocols.Record, error) {
	lc, err := v.lc()
	return candidates.Reply(&ClockAck{TS: lc.TS}, nil, err)
}

// store is lines 111 to 113. A second STORE of the timestamp is only acknowledged (D8).
func (v view) store(e *Entry, fragment []byte) (protocols.Message, []protocols.Record, error) {
	commitment, err := v.Receive(v.key, e.TS.Timestamp, e.Commitment)
	if err != nil {
		return candidates.Refuse("malformed STORE: %v", err)
	}
	e = e.with(commitment)
	if !v.isEntry(e, v.shape.Kept) || !v.IsFragment(e.CC, fragment) {
		return candidates.Refuse("malformed STORE with a fragment of %d bytes", len(fragment))
	}
	records, err := candidates.Keep(v.state, RecordHist(e.TS.Timestamp), e, fragment)
	return candidates.Reply(&StoreAck{}, records, err)
}

// complete is lines 114 to 116. It adopts only a valid candidate, as a second line of defence to D4, and also one of
// the same timestamp, so that the writer's vector replaces a spoilt one that a reader wrote back earlier.
func (v view) complete(c Candidate) (protocols.Message, []protocols.Record, error) {
	if !v.Written(c) {
		return candidates.Refuse("malformed COMPLETE: %s", v.misfit(c))
	}
	lc, err := v.lc()
	if err != nil || c.TS.Less(lc.TS.Timestamp) || c.Same(lc) {
		return candidates.Reply(&CompleteAck{}, nil, err)
	}
	valid, err := v.valid(c)
	if err != nil || !valid {
		return candidates.Reply(&CompleteAck{}, nil, err)
	}
	records, err := candidates.Adopt(c)
	return candidates.Reply(&CompleteAck{}, records, err)
}

// collect is lines 117 and 118.
func (v view) collect() (protocols.Message, []protocols.Record, error) {
	lc, err := v.lc()
	return candidates.Reply(&CollectAck{Candidate: lc}, nil, err)
}

// filter is lines 119 to 123. If no candidate is valid, the answer is that of c0. What the server holds as lc it has
// found valid before.
func (v view) filter(set []Candidate) (protocols.Message, []protocols.Record, error) {
	if n := len(set); n == 0 || n > v.filterable {
		return candidates.Refuse("FILTER of %d candidates, want 1 to %d", n, v.filterable)
	}
	if i := slices.IndexFunc(set, v.unwritten); i >= 0 {
		return candidates.Refuse("malformed FILTER: %s", v.misfit(set[i]))
	}
	lc, err := v.lc()
	if err != nil {
		return protocols.Message{}, nil, err
	}
	hv, err := candidates.HighestValid(set, func(c Candidate) (bool, error) {
		if c.Same(lc) {
			return true, nil
		}
		return v.valid(c)
	})
	ack := &FilterAck{TS: hv.TS.Timestamp}
	if err != nil || hv.TS.IsZero() {
		return candidates.Reply(ack, nil, err)
	}
	entry, fragment, err := v.hist(hv.TS.Timestamp)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if entry != nil {
		ack.Entry = entry.with(v.Tell(entry, hv.Nonce))
	}
	records, err := v.writeBack(hv, lc, entry)
	reply, records, err := candidates.Reply(ack, records, err)
	reply.Payload = fragment
	return reply, records, err
}

// repair is lines 124 to 126.
func (v view) repair(c Candidate) (protocols.Message, []protocols.Record, error) {
	if !v.Written(c) {
		return candidates.Refuse("malformed REPAIR: %s", v.misfit(c))
	}
	lc, err := v.lc()
	if err != nil || !lc.TS.Less(c.TS.Timestamp) {
		return candidates.Reply(&RepairAck{}, nil, err)
	}
	valid, err := v.valid(c)
	if err != nil || !valid {
		return candidates.Reply(&RepairAck{}, nil, err)
	}
	entry, err := v.entry(c.TS.Timestamp)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	records, err := v.writeBack(c, lc, entry)
	return candidates.Reply(&RepairAck{}, records, err)
}

// valid(c) is line 128. The MAC comes first: it needs no look into the history.
func (v view) valid(c Candidate) (bool, error) {
	if v.Proves(v.key, c) {
		return true, nil
	}
	entry, err := v.entry(c.TS.Timestamp)
	return v.Opens(entry, c), err
}

// writeBack adopts the valid candidate c if it is higher than lc (lines 121, 125), with the vector of the history.
func (v view) writeBack(c, lc Candidate, entry *Entry) ([]protocols.Record, error) {
	if !lc.TS.Less(c.TS.Timestamp) {
		return nil, nil
	}
	return candidates.Adopt(v.Canonical(entry, c))
}

func (v view) lc() (Candidate, error) { return candidates.LC[Candidate](v.state) }

// RecordHist is the record of Hist[ts]: the entry, with the fragment as payload.
func RecordHist(ts protocols.Timestamp) string {
	return fmt.Sprintf("hist/%016x.%016x", ts.Num, ts.PID)
}

// hist is Hist[ts] with the fragment, or nil if there is no such entry.
func (v view) hist(ts protocols.Timestamp) (*Entry, []byte, error) {
	e := &Entry{}
	fragment, found, err := wire.ReadRecord(v.state, RecordHist(ts), e)
	if err != nil || !found {
		return nil, nil, err
	}
	return e, fragment, nil
}

// entry is Hist[ts] without the fragment, or nil if there is no such entry.
func (v view) entry(ts protocols.Timestamp) (*Entry, error) {
	e := &Entry{}
	found, err := wire.ReadBody(v.state, RecordHist(ts), e)
	if err != nil || !found {
		return nil, err
	}
	return e, nil
}
