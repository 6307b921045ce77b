package mpowerstore

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
)

// recordLC is the record of lc; it is absent as long as lc = c0.
const recordLC = "lc"

// recordHist is the record of Hist[ts]: the entry, with the fragment as payload.
func recordHist(ts protocols.Timestamp) string {
	return fmt.Sprintf("hist/%016x.%016x", ts.Num, ts.PID)
}

// view is one register at one server, while it handles a request.
type view struct {
	*server
	key   protocols.Key
	state protocols.StateReader
}

// lc is the candidate of the last completed write that the server knows of.
func (v view) lc() (c Candidate, err error) {
	body, found, err := v.state.Body(recordLC)
	if err != nil || !found {
		return c, err
	}
	return c, decode(v.key, recordLC, body, &c)
}

// hist is Hist[ts] with the fragment, unless it should be brief, or nil if there is no such entry.
func (v view) hist(ts protocols.Timestamp, brief bool) (*Entry, []byte, error) {
	if brief {
		e, err := v.entry(ts)
		return e, nil, err
	}
	name := recordHist(ts)
	body, fragment, found, err := v.state.Get(name)
	if err != nil || !found {
		return nil, nil, err
	}
	e := &Entry{}
	return e, fragment, decode(v.key, name, body, e)
}

// entry is Hist[ts] without the fragment, or nil if there is no such entry.
func (v view) entry(ts protocols.Timestamp) (*Entry, error) {
	name := recordHist(ts)
	body, found, err := v.state.Body(name)
	if err != nil || !found {
		return nil, err
	}
	e := &Entry{}
	return e, decode(v.key, name, body, e)
}

// adopt is the records that make c the last completed write.
func (v view) adopt(c Candidate) ([]protocols.Record, error) {
	records, err := record(recordLC, &c, nil)
	if err != nil {
		return nil, err
	}
	return v.pruned(c.TS.Timestamp, records)
}

func record(name string, body any, payload []byte) ([]protocols.Record, error) {
	b, err := protocols.Marshal(nil, body)
	if err != nil {
		return nil, err
	}
	return []protocols.Record{{Name: name, Body: b, Payload: payload}}, nil
}

func decode(key protocols.Key, name string, body []byte, into any) error {
	if err := protocols.Unmarshal(body, into); err != nil {
		return fmt.Errorf("record %q of key %q is damaged: %w", name, key, err)
	}
	return nil
}
