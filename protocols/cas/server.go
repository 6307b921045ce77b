package cas

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
)

// recordFin is the record of the highest finalized tag; it is absent as long as there is none.
const recordFin = "fin"

// recordElement is the record of the element under a tag: its body is the value's length, its payload the element.
func recordElement(ts protocols.Timestamp) string {
	return fmt.Sprintf("element/%016x.%016x", ts.Num, ts.PID)
}

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
		return protocols.Message{Body: &QueryAck{TS: ts}}, nil, err
	case *PreWrite:
		if from == protocols.Writer && issuable(m.TS) && isElement(request.Payload, m.Length, s.t) {
			return preWrite(m, request.Payload, state)
		}
	case *Finalize:
		if issuable(m.TS) {
			return finalize(m, state)
		}
	}
	return protocols.Message{}, nil, fmt.Errorf("%w: no correct client sends this %T", protocols.ErrRefused, request.Body)
}

// preWrite stores the element, unless there is one under the tag: it is the same, for requests may come twice.
func preWrite(m *PreWrite, element []byte, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	ack, name := protocols.Message{Body: &PreWriteAck{}}, recordElement(m.TS)
	if _, found, err := state.Body(name); err != nil || found {
		return ack, nil, err
	}
	records, err := record(name, &m.Length, element)
	return ack, records, err
}

// finalize raises the highest finalized tag, also if the element is yet to come, and gives a READ the element.
func finalize(m *Finalize, state protocols.StateReader) (
	reply protocols.Message, records []protocols.Record, err error,
) {
	fin, err := finalized(state)
	if err != nil {
		return reply, nil, err
	}
	if fin.Less(m.TS) {
		if records, err = record(recordFin, &m.TS, nil); err != nil {
			return reply, nil, err
		}
	}
	ack := &FinalizeAck{}
	if !m.Read {
		return protocols.Message{Body: ack}, records, nil
	}
	name := recordElement(m.TS)
	body, element, found, err := state.Get(name)
	if err == nil && found {
		err = decode(name, body, &ack.Length)
	}
	return protocols.Message{Body: ack, Payload: element}, records, err
}

// finalized is the highest finalized tag.
func finalized(state protocols.StateReader) (ts protocols.Timestamp, err error) {
	body, found, err := state.Body(recordFin)
	if err != nil || !found {
		return ts, err
	}
	return ts, decode(recordFin, body, &ts)
}

func record(name string, v any, payload []byte) ([]protocols.Record, error) {
	body, err := protocols.Marshal(nil, v)
	return []protocols.Record{{Name: name, Body: body, Payload: payload}}, err
}

func decode(name string, body []byte, into any) error {
	if err := protocols.Unmarshal(body, into); err != nil {
		return fmt.Errorf("record %q is damaged: %w", name, err)
	}
	return nil
}
