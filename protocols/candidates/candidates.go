// Package candidates holds what PoWerStore and M-PoWerStore share (the paper, §4 and §5): the sizes of both, sets of
// candidates, and the answers to FILTER with the predicates over them. It imports the model,
// suite, wire and dispersal; only those two protocols and their variants import it.
package candidates

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/wire"
)

// RecordLC is the record of lc, the candidate of the last completed write; it is absent as long as lc = c0.
const RecordLC = "lc"

// Params are known to all processes: the failure threshold t, the primitives, and how values lie on the servers.
type Params struct {
	T     int
	Suite suite.Suite
	Data  dispersal.Scheme
}

// Servers is S = 3t+1.
func (p Params) Servers() int { return 3*p.T + 1 }

// Quorum is S−t = 2t+1: the servers that a round waits for.
func (p Params) Quorum() int { return 2*p.T + 1 }

// NewPhase is the phase before the first round of an operation.
func (p Params) NewPhase() protocols.Phase {
	return protocols.Traits{Servers: p.Servers(), Quorum: p.Quorum()}.NewPhase()
}

// IsFragment reports whether the cross-checksum and the fragment have the shapes of those of a value.
func (p Params) IsFragment(cc dispersal.CrossChecksum, fragment []byte) bool {
	return p.Data.WellFormed(cc) && len(fragment) == p.Data.Length(cc)
}

// CheckWriter says why the client cannot write: it is a reader, or lacks a server's group key.
func (p Params) CheckWriter(c protocols.ClientParams) error {
	if err := c.CheckWriter(); err != nil {
		return err
	}
	if n := len(c.Keys.Groups); n != p.Servers() {
		return fmt.Errorf("%d group keys for t = %d: want one for each of the %d servers", n, p.T, p.Servers())
	}
	return nil
}

// Stores is the round of STOREs that bring each server its commitment and its fragment. Servers that get the same
// commitment share a body, which is then encoded once.
func Stores(commitments, fragments [][]byte, body func(commitment []byte) protocols.Body) protocols.Broadcast {
	requests := make(protocols.Broadcast, len(fragments))
	for i, fragment := range fragments {
		requests[i].Payload = fragment
		if i > 0 && bytes.Equal(commitments[i], commitments[i-1]) {
			requests[i].Body = requests[i-1].Body
		} else {
			requests[i].Body = body(commitments[i])
		}
	}
	return requests
}

// Stamped is a candidate, of which this package knows the timestamp alone.
type Stamped interface {
	Stamp() protocols.Timestamp
}

// Highest is the highest timestamp of the candidates, at least one (highcand, line 80).
func Highest[C Stamped](set []C) protocols.Timestamp {
	return slices.MaxFunc(set, func(a, b C) int { return a.Stamp().Compare(b.Stamp()) }).Stamp()
}

// HighestValid is c_hv: the highest candidate that is valid, or c0 (lines 29, 37 and 120). It looks from the highest
// down and stops at the first valid one.
func HighestValid[C Stamped](set []C, valid func(C) (bool, error)) (c0 C, err error) {
	sorted := slices.SortedStableFunc(slices.Values(set), func(a, b C) int { return b.Stamp().Compare(a.Stamp()) })
	for _, c := range sorted {
		if ok, err := valid(c); err != nil || ok {
			return c, err
		}
	}
	return c0, nil
}

// LC reads the candidate of the last completed write that a server knows of, c0 if there is none.
func LC[C Stamped](state protocols.StateReader) (lc C, err error) {
	_, err = wire.ReadBody(state, RecordLC, &lc)
	return lc, err
}

// Adopt returns the record that makes c the last completed write.
func Adopt[C Stamped](c C) ([]protocols.Record, error) { return wire.AddRecord(nil, RecordLC, &c, nil) }

// Keep returns the record of a STORE with the name. What is stored stays: if there is such a record, it returns none (D8).
func Keep(state protocols.StateReader, name string, entry any, fragment []byte) ([]protocols.Record, error) {
	if _, found, err := state.Body(name); err != nil || found {
		return nil, err
	}
	return wire.AddRecord(nil, name, entry, fragment)
}

// Reply is what a server answers with: the body, and the records to store before it leaves. If err is not nil then
// nothing is stored or sent.
func Reply(body protocols.Body, records []protocols.Record, err error) (protocols.Message, []protocols.Record, error) {
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return protocols.Message{Body: body}, records, nil
}

// Refuse is a server's answer to what no correct client sends; format and args say what is wrong with it.
func Refuse(format string, args ...any) (protocols.Message, []protocols.Record, error) {
	return protocols.Message{}, nil, fmt.Errorf("%w: %s", protocols.ErrRefused, fmt.Sprintf(format, args...))
}
