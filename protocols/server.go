package protocols

import "fmt"

// A Server is the automaton of one server, for all keys: it holds no state of its own, but reads a register's records
// and says which to write. Its driver runs the requests to one key one after the other, and makes the records
// durable before the reply leaves.
type Server interface {
	// Handle answers one request. An error that is ErrRefused blames the sender; then nothing is stored and no reply
	// is sent. The reply's payload may lie in the state's memory or be that of a record.
	//
	// The request's payload is lent: it is valid until the reply has left, and so are the records that refer to it. Who
	// stores them copies what is to stay.
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

// A Record is one named part of a register's state: a small body, encoded by package wire, and bulk data. The records
// that one request writes are stored all or none; of two with one name the later stays.
type Record struct {
	Name    string
	Body    []byte
	Payload []byte // nil if the record has none
	Delete  bool   // remove the record of this name, if there is one; body and payload are nil
}

// Refuse is a server's answer to a request that no correct client sends.
func Refuse(request Message) (Message, []Record, error) {
	return Message{}, nil, fmt.Errorf("%w: no correct client sends this %T", ErrRefused, request.Body)
}

// A Durability says what a server's records have survived when the reply leaves.
type Durability string

// The durabilities, from strongest to weakest.
const (
	// Fsync: the record is on the disk and survives a power failure.
	Fsync Durability = "fsync"
	// Unsynced: the record has reached the operating system and survives a kill of the process, but no power failure.
	Unsynced Durability = "write"
	// Volatile: the record is gone with the process.
	Volatile Durability = "memory"
)

// Check says which durabilities there are, if d is none of them.
func (d Durability) Check() error {
	switch d {
	case Fsync, Unsynced, Volatile:
		return nil
	}
	return fmt.Errorf("unknown durability %q: use %q, %q or %q", d, Fsync, Unsynced, Volatile)
}
