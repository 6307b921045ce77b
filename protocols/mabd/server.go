package mabd

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
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
	switch m := request.Body.(type) {
	case *GetTS:
		ts, err := storedTS(state)
		return protocols.Message{Body: &GetTSAck{TS: ts}}, nil, err
	case *Put:
		if issuable(m.TS) && plausible(m.TS, request.Payload) {
			return store(m, request.Payload, state)
		}
	case *Get:
		ack := &GetAck{}
		value, _, err := wire.ReadRecord(state, valueRecord, &ack.TS)
		return protocols.Message{Body: ack, Payload: value}, nil, err
	}
	return protocols.Refuse(request)
}

// store keeps the value, if it is newer than the one there is.
func store(put *Put, value []byte, state protocols.StateReader) (protocols.Message, []protocols.Record, error) {
	ack := protocols.Message{Body: &PutAck{}}
	stored, err := storedTS(state)
	if err != nil || !stored.Less(put.TS) {
		return ack, nil, err
	}
	records, err := wire.AddRecord(nil, valueRecord, &put.TS, value)
	return ack, records, err
}

// storedTS is the timestamp of the server's value, ts0 if it has none.
func storedTS(state protocols.StateReader) (ts protocols.Timestamp, err error) {
	_, err = wire.ReadBody(state, valueRecord, &ts)
	return ts, err
}
