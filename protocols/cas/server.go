package cas

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// recordFin is the record of the highest finalized tag; it is absent as long as there is none.
const recordFin = "fin"

// recordElement is the record of the element under a tag: its body is the value's length, its payload the element.
func recordElement(ts protocols.Timestamp) string { return "element/" + ts.String() }

// server is the automaton of a server.
type server struct{ t int }

// Handle implements protocols.Server.
func (s server) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	switch m := request.Body.(type) {
	case *Query:
		ts, err := finalized(state)
		return protocols.Message{Body: &Ack{TS: ts}}, nil, err
	case *PreWrite:
		if from == protocols.Writer && issuable(m.TS) && isElement(request.Payload, m.Length, s.t) {
			return preWrite(m, request.Payload, state)
		}
	case *Finalize:
		if issuable(m.TS) {
			return finalize(m, state)
		}
	}
	return protocols.Refuse(request)
}

// preWrite stores the element, unless there is one under the tag: it is the same, for requests may come twice.
func preWrite(m *PreWrite, element []byte, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	ack, name := protocols.Message{Body: &Ack{}}, recordElement(m.TS)
	if _, found, err := state.Body(name); err != nil || found {
		return ack, nil, err
	}
	records, err := wire.AddRecord(nil, name, &m.Length, element)
	return ack, records, err
}

// finalize raises the highest finalized tag, also if the element is yet to come, and gives a READ the element.
func finalize(m *Finalize, state protocols.StateReader) (
	reply protocols.Message, records []protocols.Record, err error,
) {
	fin, err := finalized(state)
	if err == nil && fin.Less(m.TS) {
		records, err = wire.AddRecord(nil, recordFin, &m.TS, nil)
	}
	ack := &Ack{}
	reply.Body = ack
	if err == nil && m.Read {
		reply.Payload, _, err = wire.ReadRecord(state, recordElement(m.TS), &ack.Length)
	}
	return reply, records, err
}

// finalized is the highest finalized tag.
func finalized(state protocols.StateReader) (ts protocols.Timestamp, err error) {
	_, err = wire.ReadBody(state, recordFin, &ts)
	return ts, err
}
