package mpowerstore

import (
	"fmt"

	"github.com/powbench/powbench/protocols/wire"

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
	_, err = wire.ReadBody(v.state, recordLC, &c)
	return c, err
}

// hist is Hist[ts] with the fragment, unless it should be brief, or nil if there is no such entry.
func (v view) hist(ts protocols.Timestamp, brief bool) (*Entry, []byte, error) {
	if brief {
		e, err := v.entry(ts)
		return e, nil, err
	}
	e := &Entry{}
	fragment, found, err := wire.ReadRecord(v.state, recordHist(ts), e)
	if err != nil || !found {
		return nil, nil, err
	}
	return e, fragment, nil
}

// entry is Hist[ts] without the fragment, or nil if there is no such entry.
func (v view) entry(ts protocols.Timestamp) (*Entry, error) {
	e := &Entry{}
	found, err := wire.ReadBody(v.state, recordHist(ts), e)
	if err != nil || !found {
		return nil, err
	}
	return e, nil
}

// adopt is the records that make c the last completed write.
func (v view) adopt(c Candidate) ([]protocols.Record, error) {
	records, err := wire.AddRecord(nil, recordLC, &c, nil)
	if err != nil {
		return nil, err
	}
	return v.pruned(c.TS.Timestamp, records)
}
