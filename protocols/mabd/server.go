package mabd

import (
	"fmt"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
)

// valueRecord is a register's only record: its body is the timestamp, its payload the value.
const valueRecord = "value"

// server is the automaton of a server. It serves readers and writers alike: a READ must be able to write back, and
// nothing else than trust keeps a client from writing back what it made up. That is the protocol's fault model.
type server struct{}

// Handle implements protocols.Server.
func (s server) Handle(_ protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	switch body := request.Body.(type) {
	case *GetTS:
		return s.getTS(state)
	case *Put:
		return s.put(body, request.Payload, state)
	case *Get:
		return s.get(state)
	}
	return protocols.Message{}, nil, fmt.Errorf("%w: a %T is no request", protocols.ErrRefused, request.Body)
}

func (s server) getTS(state protocols.StateReader) (protocols.Message, []protocols.Record, error) {
	ts, err := storedTS(state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return protocols.Message{Body: &GetTSAck{TS: ts}}, nil, nil
}

func (s server) put(put *Put, value []byte, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if !issuable(put.TS) {
		return protocols.Message{}, nil, fmt.Errorf("%w: no WRITE has timestamp %v", protocols.ErrRefused, put.TS)
	}
	if err := protocols.CheckValue(value); err != nil {
		return protocols.Message{}, nil, err
	}
	stored, err := storedTS(state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	ack := protocols.Message{Body: &PutAck{}}
	if !stored.Less(put.TS) {
		return ack, nil, nil
	}
	records, err := wire.AddRecord(nil, valueRecord, &put.TS, value)
	return ack, records, err
}

func (s server) get(state protocols.StateReader) (protocols.Message, []protocols.Record, error) {
	ack := &GetAck{}
	value, _, err := wire.ReadRecord(state, valueRecord, &ack.TS)
	return protocols.Message{Body: ack, Payload: value}, nil, err
}

// storedTS is the timestamp of the server's value, ts0 if it has none.
func storedTS(state protocols.StateReader) (ts protocols.Timestamp, err error) {
	_, err = wire.ReadBody(state, valueRecord, &ts)
	return ts, err
}
