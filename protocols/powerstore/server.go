package powerstore

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
)

// server is the automaton of server s_i (Algorithm 2).
type server struct {
	params
	channel    *pow.Channel // over which commitments come
	channelErr error        // why there is none, if there should be
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
		return refuse("%T from a client that is not the writer", request.Body)
	}
	switch m := request.Body.(type) {
	case *Store:
		return v.store(&m.Entry, request.Payload)
	case *Complete:
		return v.complete(m.Candidate)
	}
	return refuse("%T is not a request", request.Body)
}

// store is lines 22 to 24. What is stored stays: a second STORE of the timestamp is but acknowledged (D8).
func (v view) store(e *Entry, fragment []byte) (protocols.Message, []protocols.Record, error) {
	e, err := v.opened(e)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if !v.stored(e, fragment) {
		return refuse("malformed STORE with a fragment of %d bytes", len(fragment))
	}
	name := recordHist(e.TS)
	if _, found, err := v.state.Body(name); err != nil || found {
		return answerOrFail(&StoreAck{}, err)
	}
	records, err := wire.AddRecord(nil, name, e, fragment)
	return answerOrFail(&StoreAck{}, err, records...)
}

// opened is the entry as the server keeps it: with its commitment as the channel brought it.
func (v view) opened(e *Entry) (*Entry, error) {
	if v.channelErr != nil {
		return nil, v.channelErr
	}
	commitment, err := v.channel.Open(v.key, e.TS, e.Commitment)
	if err != nil {
		return nil, fmt.Errorf("%w: malformed STORE: %w", protocols.ErrRefused, err)
	}
	return &Entry{TS: e.TS, CC: e.CC, Commitment: commitment}, nil
}

// complete is lines 25 to 27.
func (v view) complete(c Candidate) (protocols.Message, []protocols.Record, error) {
	if !v.written(c) {
		return refuse("malformed COMPLETE: %s", v.misfit(c))
	}
	lc, err := v.lc()
	if err != nil || !lc.TS.Less(c.TS) {
		return answerOrFail(&CompleteAck{}, err)
	}
	records, err := wire.AddRecord(nil, recordLC, &c, nil)
	return answerOrFail(&CompleteAck{}, err, records...)
}

// collect is lines 32 to 34.
func (v view) collect() (protocols.Message, []protocols.Record, error) {
	lc, back, records, err := v.gc()
	return answerOrFail(&CollectAck{Candidates: append(back, lc)}, err, records...)
}

// filter is lines 35 to 39. No candidate is valid ⇒ the answer is that of c0. LC grows by whatever a reader made up, as
// in the paper: a server cannot tell that from a write whose STORE is on its way.
func (v view) filter(candidates []Candidate) (protocols.Message, []protocols.Record, error) {
	if len(candidates) == 0 {
		return refuse("malformed FILTER of no candidates")
	}
	if i := slices.IndexFunc(candidates, v.unwritten); i >= 0 {
		return refuse("malformed FILTER: %s", v.misfit(candidates[i]))
	}
	records, err := v.writeBack(candidates)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	hv, err := v.highestValid(candidates)
	if err != nil || hv.TS.IsZero() {
		return answerOrFail(&FilterAck{}, err, records...)
	}
	e, fragment, err := v.hist(hv.TS)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return protocols.Message{Body: &FilterAck{TS: hv.TS, CC: &e.CC}, Payload: fragment}, records, nil
}

// answerOrFail is the reply with the body and the records to store before it leaves, or the error.
func answerOrFail(body protocols.Body, err error, records ...protocols.Record) (
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
