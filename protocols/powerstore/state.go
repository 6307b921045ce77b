package powerstore

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
)

// The records of a register, besides those of its history: lc, absent as long as it is c0, and LC, the candidates that
// readers have written back.
const (
	recordLC   = "lc"
	recordBack = "written-back"
)

// recordHist is the record of Hist[ts]: the entry, with the fragment as payload.
func recordHist(ts protocols.Timestamp) string { return fmt.Sprintf("hist/%016x", ts.Num) }

// view is one register at one server, while it handles a request.
type view struct {
	*server
	key   protocols.Key
	state protocols.StateReader
}

// lc is the candidate of the last completed write that the server knows of.
func (v view) lc() (c Candidate, err error) {
	err = v.decode(recordLC, &c)
	return c, err
}

// back is LC.
func (v view) back() (set []Candidate, err error) {
	err = v.decode(recordBack, &set)
	return set, err
}

// commitment is N̄ in Hist[ts], or nil if there is no such entry.
func (v view) commitment(ts protocols.Timestamp) ([]byte, error) {
	var e Entry
	err := v.decode(recordHist(ts), &e)
	return e.Commitment, err
}

// hist is Hist[ts] with the fragment, or nil if there is no such entry.
func (v view) hist(ts protocols.Timestamp) (*Entry, []byte, error) {
	name := recordHist(ts)
	body, fragment, found, err := v.state.Get(name)
	if err != nil || !found {
		return nil, nil, err
	}
	e := &Entry{}
	return e, fragment, decode(v.key, name, body, e)
}

// decode decodes the body of a record, if there is one.
func (v view) decode(name string, into any) error {
	body, found, err := v.state.Body(name)
	if err != nil || !found {
		return err
	}
	return decode(v.key, name, body, into)
}

// record appends a record to the list.
func record(list []protocols.Record, name string, body any, payload []byte) ([]protocols.Record, error) {
	b, err := protocols.Marshal(nil, body)
	return append(list, protocols.Record{Name: name, Body: b, Payload: payload}), err
}

func decode(key protocols.Key, name string, body []byte, into any) error {
	if err := protocols.Unmarshal(body, into); err != nil {
		return fmt.Errorf("record %q of key %q is damaged: %w", name, key, err)
	}
	return nil
}
