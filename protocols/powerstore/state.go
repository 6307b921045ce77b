package powerstore

import (
	"fmt"

	"github.com/powbench/powbench/protocols/wire"

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
	_, err = wire.ReadBody(v.state, recordLC, &c)
	return c, err
}

// back is LC.
func (v view) back() (set []Candidate, err error) {
	_, err = wire.ReadBody(v.state, recordBack, &set)
	return set, err
}

// commitment is N̄ in Hist[ts], or nil if there is no such entry.
func (v view) commitment(ts protocols.Timestamp) ([]byte, error) {
	var e Entry
	_, err := wire.ReadBody(v.state, recordHist(ts), &e)
	return e.Commitment, err
}

// hist is Hist[ts] with the fragment, or nil if there is no such entry.
func (v view) hist(ts protocols.Timestamp) (*Entry, []byte, error) {
	e := &Entry{}
	fragment, found, err := wire.ReadRecord(v.state, recordHist(ts), e)
	if err != nil || !found {
		return nil, nil, err
	}
	return e, fragment, nil
}
