package costs

import (
	"bytes"
	"slices"
)

// messageKey is the register's key in the message.
const messageKey = "key-000001"

// hashBytes is the size of hashes and MACs in the message: those of SHA-256.
const hashBytes = 32

// messageParts is what all schemes authenticate: what M-PoWerStore's vector of MACs binds (the paper, line 88), the
// register's key, the timestamp's number and process ID, its MAC, and a hash.
func messageParts() [][]byte {
	return [][]byte{
		[]byte("cand"), []byte(messageKey), make([]byte, 8), make([]byte, 8),
		bytes.Repeat([]byte{1}, hashBytes), bytes.Repeat([]byte{2}, hashBytes),
	}
}

// message is the parts in one piece, as signatures take it.
func message() []byte { return slices.Concat(messageParts()...) }

// MessageBytes is the length of the message that is authenticated.
func MessageBytes() int { return len(message()) }
