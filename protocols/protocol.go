// Package protocols is the model that every storage protocol is written in: an operation is a sequence of rounds, a
// server is an automaton, and neither knows of sockets, clocks, files or goroutines. So the same code of a protocol runs
// over TCP, in a simulator and under attack, and reads like the paper it comes from.
//
// It imports the standard library and protocols/suite only; every package may import it. The protocols lie in folders
// below it, and package catalog has the one list of them.
package protocols

import (
	"errors"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols/suite"
)

// A Protocol makes the two ends of one replicated register.
type Protocol interface {
	// Traits says what the protocol is with failure threshold t ≥ 1. Its slices are the caller's.
	Traits(t int) Traits
	// NewBody returns a pointer to an empty body of the kind, to decode into, or nil if the protocol has no such kind.
	NewBody(kind Kind) Body
	// NewServer returns the automaton of one server.
	NewServer(p ServerParams) Server
	// NewRegister returns a client's end.
	NewRegister(p ClientParams) Register
}

// ServerParams are the parameters of a server.
type ServerParams struct {
	Index int // 0-based: server s_{Index+1} of the paper
	T     int // failure threshold
	Suite suite.Suite
	Keys  suite.ServerKeys
}

// ClientParams are the parameters of a client's end.
type ClientParams struct {
	T int // failure threshold
	// PID is the client's process id, ≥ 1 and unique per incarnation (D5).
	PID   uint64
	Suite suite.Suite
	// Keys are a writer's; a reader has only the public part.
	Keys suite.ClientKeys
	// After is a timestamp that the client's WRITEs come after, whatever servers tell: zero, or the last one that a process
	// with the same id may have issued.
	After Timestamp
	// Entropy is the source of nonces. It is injected so that a simulated run repeats.
	Entropy io.Reader
	// Issued is where the writer of a protocol with One writer keeps its timestamps; nil: in the memory of the register.
	// Other protocols do not use it.
	Issued Issued
}

// CheckWriter says why the client cannot write: it has a reader's keys, or the process id of the initial value.
func (p ClientParams) CheckWriter() error {
	switch {
	case !p.Keys.IsWriter():
		return errors.New("this client has a reader's keys: give it a writer's to write")
	case p.PID == 0:
		return errors.New("process id 0 is the initial value's: give each writer its own, from 1")
	}
	return nil
}

// A Register is one client's end of a protocol. It may have operations on different keys in progress at once, but
// only one per key (D5). It is not safe for concurrent use; the operations it began are independent of each other.
type Register interface {
	// Read begins a READ of key. Buffers that the operation needs come from mem.
	Read(key Key, mem Memory) Operation
	// Write begins a WRITE of value, which the operation reads until its memory is released. Writers only.
	Write(key Key, value []byte, mem Memory) Operation
}

// Memory hands out buffers that live as long as the operation or request they serve: its driver takes them back when it
// has ended and the last message that refers to them has left. Their content is undefined.
type Memory interface {
	Bytes(n int) []byte
}

// A Borrower is Memory that can also hold what belongs to others, so that they lend a buffer instead of copying it. It
// releases each loan once, when it takes its own buffers back. Nobody may write to a buffer that is lent.
type Borrower interface {
	Memory
	Borrow(Loan)
}

// A Loan is a buffer that its owner must not use for something else until it is released.
type Loan interface{ Release() }

// Heap is Memory that leaves its buffers to the garbage collector.
type Heap struct{}

// Bytes returns a fresh buffer of n bytes.
func (Heap) Bytes(n int) []byte { return make([]byte, n) }

// A Key names one register of the key-value store: any bytes, possibly none.
type Key string

// An Op is READ or WRITE.
type Op string

// The operations of a register.
const (
	Read  Op = "read"
	Write Op = "write"
)

// A Role of a request's sender is proven by the channel. Only writers hold the keys that prove the role (D4).
type Role uint8

// The roles of clients. A writer may also read.
const (
	Reader Role = iota + 1
	Writer
)

// The limits of the model. With them headers are bounded, and drivers have room for all replies from the beginning.
const (
	MaxKeyBytes   = 4 << 10
	MaxValueBytes = 16 << 20
	MaxRounds     = 8 // of an operation
)

// ErrRefused marks a request that a correct client does not send: wrong role, malformed, over a limit.
// It blames the sender; every other error of a Server blames the server's own storage.
var ErrRefused = errors.New("request refused")

// CheckKey returns an ErrRefused if the key is over the limit. Clients check before they send, servers before they
// serve.
func CheckKey(key Key) error {
	if len(key) > MaxKeyBytes {
		return fmt.Errorf("%w: a key of %d bytes, at most %d are allowed", ErrRefused, len(key), MaxKeyBytes)
	}
	return nil
}

// CheckValue returns an ErrRefused if the value is over the limit.
func CheckValue(value []byte) error {
	if len(value) > MaxValueBytes {
		return fmt.Errorf("%w: a value of %d bytes, at most %d are allowed", ErrRefused, len(value), MaxValueBytes)
	}
	return nil
}
