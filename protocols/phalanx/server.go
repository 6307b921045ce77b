package phalanx

import (
	"fmt"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// valueRecord is a register's only record: its body is the Datum, its payload the value.
const valueRecord = "value"

// server is the automaton of a server. It asks nobody's role: the signature decides what it stores.
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
	switch body := request.Body.(type) {
	case *GetTS:
		return s.getTS(state)
	case *Put:
		return s.put(key, body, request.Payload, state)
	case *Get:
		return s.get(state)
	}
	return protocols.Message{}, nil, fmt.Errorf("%w: a %T is no request", protocols.ErrRefused, request.Body)
}

func (s *server) getTS(state protocols.StateReader) (protocols.Message, []protocols.Record, error) {
	d, err := stored(state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return protocols.Message{Body: &GetTSAck{Datum: d}}, nil, nil
}

// put stores what is newer and verifies. What is not newer it need not verify, as it does not store it.
func (s *server) put(key protocols.Key, put *Put, value []byte, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if put.TS.IsZero() || !possible(put.TS, put.Signature) {
		return protocols.Message{}, nil, fmt.Errorf("%w: no WRITE has timestamp %v and a signature of %d bytes",
			protocols.ErrRefused, put.TS, len(put.Signature))
	}
	if err := protocols.CheckValue(value); err != nil {
		return protocols.Message{}, nil, err
	}
	old, err := stored(state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	ack := protocols.Message{Body: &PutAck{}}
	if !old.TS.Less(put.TS) {
		return ack, nil, nil
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

func (s *server) get(state protocols.StateReader) (protocols.Message, []protocols.Record, error) {
	var d Datum
	value, _, err := wire.ReadRecord(state, valueRecord, &d)
	return protocols.Message{Body: &GetAck{TS: d.TS, Signature: d.Signature}, Payload: value}, nil, err
}

// stored is the datum of the server's value, zero if it has none.
func stored(state protocols.StateReader) (d Datum, err error) {
	_, err = wire.ReadBody(state, valueRecord, &d)
	return d, err
}
