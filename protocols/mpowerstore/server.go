package mpowerstore

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
)

// server is the automaton of server s_i (Algorithm 5).
type server struct {
	params
	verifier
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
		return v.filter(m)
	case *Fetch:
		return v.fetch(m.TS)
	case *Repair:
		return v.repair(m.Candidate)
	}
	if from != protocols.Writer { // D4
		return refuse("%T from a client that is not a writer", request.Body)
	}
	switch m := request.Body.(type) {
	case *Clock:
		return v.clock()
	case *Store:
		return v.store(&m.Entry, request.Payload)
	case *Complete:
		return v.complete(m.Candidate)
	}
	return refuse("%T is not a request", request.Body)
}

// clock is lines 109 and 110.
func (v view) clock() (protocols.Message, []protocols.Record, error) {
	lc, err := v.lc()
	return answerOrFail(&ClockAck{TS: lc.TS}, nil, err)
}

// store is lines 111 to 113. What is stored stays: a second STORE of the timestamp is but acknowledged (D8).
func (v view) store(e *Entry, fragment []byte) (protocols.Message, []protocols.Record, error) {
	commitment, err := v.receive(v.bound(v.key), e.TS.Timestamp, e.Commitment)
	if err != nil {
		return refuse("malformed STORE: %v", err)
	}
	e = e.with(commitment)
	if !v.stored(e, fragment, v.shape.kept) {
		return refuse("malformed STORE with a fragment of %d bytes", len(fragment))
	}
	name := recordHist(e.TS.Timestamp)
	if _, found, err := v.state.Body(name); err != nil || found {
		return answerOrFail(&StoreAck{}, nil, err)
	}
	records, err := wire.AddRecord(nil, name, e, fragment)
	if err == nil {
		records, err = v.keep(e.TS.Timestamp, records)
	}
	return answerOrFail(&StoreAck{}, records, err)
}

// complete is lines 114 to 116. It adopts only a valid candidate, as a second line of defence to D4, and also one of
// the same timestamp, so that the writer's vector replaces a spoilt one that a reader wrote back earlier.
func (v view) complete(c Candidate) (protocols.Message, []protocols.Record, error) {
	if !v.written(c) {
		return refuse("malformed COMPLETE: %s", v.misfit(c))
	}
	lc, err := v.lc()
	if err != nil || c.TS.Less(lc.TS.Timestamp) || c.same(lc) {
		return answerOrFail(&CompleteAck{}, nil, err)
	}
	valid, err := v.valid(c)
	if err != nil || !valid {
		return answerOrFail(&CompleteAck{}, nil, err)
	}
	records, err := v.adopt(c)
	return answerOrFail(&CompleteAck{}, records, err)
}

// collect is lines 117 and 118.
func (v view) collect() (protocols.Message, []protocols.Record, error) {
	lc, err := v.lc()
	return answerOrFail(&CollectAck{Candidate: lc}, nil, err)
}

// filter is lines 119 to 123. No candidate is valid ⇒ the answer is that of c0.
func (v view) filter(m *Filter) (protocols.Message, []protocols.Record, error) {
	if n := len(m.Candidates); n == 0 || n > v.filterable() {
		return refuse("FILTER of %d candidates, want 1 to %d", n, v.filterable())
	}
	if i := slices.IndexFunc(m.Candidates, v.unwritten); i >= 0 {
		return refuse("malformed FILTER: %s", v.misfit(m.Candidates[i]))
	}
	lc, err := v.lc()
	if err != nil {
		return protocols.Message{}, nil, err
	}
	hv, err := v.highestValid(m.Candidates, lc)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	ack := &FilterAck{TS: hv.TS.Timestamp}
	if err := v.disclose(ack, lc); err != nil || hv.TS.IsZero() {
		return answerOrFail(ack, nil, err)
	}
	entry, fragment, err := v.hist(hv.TS.Timestamp, m.Brief)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	records, err := v.writeBack(hv, lc, entry)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if entry != nil {
		ack.Entry = entry.with(v.tell(entry.Commitment, hv.Nonce))
	}
	return protocols.Message{Body: ack, Payload: fragment}, records, nil
}

// repair is lines 124 to 126.
func (v view) repair(c Candidate) (protocols.Message, []protocols.Record, error) {
	if !v.written(c) {
		return refuse("malformed REPAIR: %s", v.misfit(c))
	}
	lc, err := v.lc()
	if err != nil || !lc.TS.Less(c.TS.Timestamp) {
		return answerOrFail(&RepairAck{}, nil, err)
	}
	valid, err := v.valid(c)
	if err != nil || !valid {
		return answerOrFail(&RepairAck{}, nil, err)
	}
	entry, err := v.entry(c.TS.Timestamp)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	records, err := v.writeBack(c, lc, entry)
	return answerOrFail(&RepairAck{}, records, err)
}

// answerOrFail is the reply with the body and the records to store before it leaves, or the error.
func answerOrFail(body protocols.Body, records []protocols.Record, err error) (
	protocols.Message, []protocols.Record, error,
) {
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return protocols.Message{Body: body}, records, nil
}

func refuse(format string, args ...any) (protocols.Message, []protocols.Record, error) {
	return protocols.Message{}, nil, fmt.Errorf("%w: %s", protocols.ErrRefused, fmt.Sprintf(format, args...))
}
