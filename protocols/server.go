package protocols

import "fmt"

// A Server is the automaton of one server, for all keys: it holds no state of its own, but reads a register's records
// and says which to write. Whoever drives it runs the requests to one key one after the other, and makes the records
// durable before the reply leaves.
type Server interface {
	// Handle answers one request. An error that is ErrRefused blames the sender; then nothing is stored and no reply
	// is sent. The reply's payload may lie in the state's memory or be that of a record.
	Handle(from Role, key Key, request Message, state StateReader) (Message, []Record, error)
}

// A StateReader reads the records of one register at one server.
type StateReader interface {
	// Get returns the record's body and payload. Found is false if there is no such record. Body and payload belong to
	// the request's memory: they are valid until the reply has left.
	Get(name string) (body, payload []byte, found bool, err error)
	// Body is Get without the payload, which it need not read.
	Body(name string) (body []byte, found bool, err error)
}

// A Record is one named part of a register's state: a small body, encoded by package wire, and bulk data. The records that
// one request writes are stored all or none; of two with one name the later stays.
type Record struct {
	Name    string
	Body    []byte
	Payload []byte // nil if the record has none
	Delete  bool   // the record of this name is to go, if there is one; body and payload are nil
}

// Refuse is a server's answer to a request that no correct client sends.
func Refuse(request Message) (Message, []Record, error) {
	return Message{}, nil, fmt.Errorf("%w: no correct client sends this %T", ErrRefused, request.Body)
}
