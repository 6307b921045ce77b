package protocols

import "fmt"

// MaxKeyBytes bounds a Key, so that a header is bounded.
const MaxKeyBytes = 4 << 10

// MaxValueBytes bounds a stored value: 16 MiB.
const MaxValueBytes = 16 << 20

// MaxRounds bounds the rounds of an operation, so that whoever drives it has room for all replies from its beginning.
const MaxRounds = 8

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

// Failed is an operation that ends with err before it sends anything.
func Failed(err error) Operation { return failed{err} }

type failed struct{ err error }

func (f failed) Start() Broadcast              { return nil }
func (f failed) Answer(int, int, Message) Step { return Done() }
func (f failed) Result() (Result, error)       { return Result{}, f.err }
