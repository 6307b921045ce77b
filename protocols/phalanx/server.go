package phalanx

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/wire"
)

// valueRecord is a register's only record: its body is the Datum, its payload the value.
const valueRecord = "value"

// server is the automaton of a server. It does not look at roles: the signature decides what it stores.
type server struct {
	suite    suite.Suite
	verifier suite.Verifier
	keyErr   error // why there is no verifier
}

// Handle implements protocols.Server.
func (s *server) Handle(_ protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	switch m := request.Body.(type) {
	case *GetTS:
		d, err := stored(state)
		return protocols.Message{Body: &GetTSAck{Datum: d}}, nil, err
	case *Put:
		if !m.TS.IsZero() && possible(m.TS, m.Signature) && len(request.Payload) <= protocols.MaxValueBytes {
			return s.put(key, m, request.Payload, state)
		}
	case *Get:
		var d Datum
		value, _, err := wire.ReadRecord(state, valueRecord, &d)
		return protocols.Message{Body: &GetAck{TS: d.TS, Signature: d.Signature}, Payload: value}, nil, err
	}
	return protocols.Refuse(request)
}

// put stores what is newer and verifies. What is not newer it need not verify, as it does not store it.
func (s *server) put(key protocols.Key, put *Put, value []byte, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	ack := protocols.Message{Body: &PutAck{}}
	old, err := stored(state)
	if err != nil || !old.TS.Less(put.TS) {
		return ack, nil, err
	}
	if s.keyErr != nil {
		return protocols.Message{}, nil, s.keyErr
	}
	d := Datum{TS: put.TS, Hash: s.suite.Hash(value), Signature: put.Signature}
	if !d.verifies(key, s.verifier) {
		return protocols.Message{}, nil, fmt.Errorf("%w: no writer signed this value with timestamp %v",
			protocols.ErrRefused, put.TS)
	}
	records, err := wire.AddRecord(nil, valueRecord, &d, value)
	return ack, records, err
}

// stored is the datum of the server's value, zero if it has none.
func stored(state protocols.StateReader) (d Datum, err error) {
	_, err = wire.ReadBody(state, valueRecord, &d)
	return d, err
}
