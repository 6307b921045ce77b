package protocols

import "fmt"

// A Record is one named part of a register's state: a small body, encoded with Marshal, and bulk data. The records that
// one request writes are stored all or none; of two with one name the later stays.
type Record struct {
	Name    string
	Body    []byte
	Payload []byte // nil if the record has none
	Delete  bool   // the record of this name is to go, if there is one; body and payload are nil
}

// AddRecord appends a record to the list, its body encoded.
func AddRecord(to []Record, name string, body any, payload []byte) ([]Record, error) {
	b, err := Marshal(nil, body)
	return append(to, Record{Name: name, Body: b, Payload: payload}), err
}

// ReadRecord decodes the body of a record into into, a pointer, and returns its payload. Without such a record into
// stays as it is. An error says that the record is damaged, or cannot be read.
func ReadRecord(state StateReader, name string, into any) (payload []byte, found bool, err error) {
	body, payload, found, err := state.Get(name)
	if err != nil || !found {
		return nil, false, err
	}
	return payload, true, decodeRecord(name, body, into)
}

// ReadBody is ReadRecord without the payload, which need not be read.
func ReadBody(state StateReader, name string, into any) (found bool, err error) {
	body, found, err := state.Body(name)
	if err != nil || !found {
		return false, err
	}
	return true, decodeRecord(name, body, into)
}

func decodeRecord(name string, body []byte, into any) error {
	if err := Unmarshal(body, into); err != nil {
		return fmt.Errorf("record %q is damaged: %w", name, err)
	}
	return nil
}
