package pow

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
)

// The sizes in bytes of what AES-256-GCM needs and adds.
const (
	sealKeySize   = 32
	sealNonceSize = 12
	sealTagSize   = 16
)

// A Channel carries commitments from the writers to one server. A nil Channel carries them in the open; any other is
// confidential (§3.3): AES-256-GCM under a key derived from the group key k_i. It is safe for concurrent use.
//
// Nonces are random and of 96 bits. So a server's group key should not live for more than 2³² WRITEs: the odds that a
// nonce ever comes twice are then 2⁻³³.
type Channel struct {
	aead   cipher.AEAD
	server int
	size   int // of a commitment in bytes
}

// NewChannel returns the scheme's channel to the server with the 0-based index: nil if commitments are public. HKDF's
// label keeps its key apart from other uses of the group key.
func NewChannel(scheme Scheme, group []byte, server int) (*Channel, error) {
	if !scheme.Private() {
		return nil, nil
	}
	key, err := hkdf.Key(sha256.New, group, nil, "proof of writing", sealKeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the channel's key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Channel{aead: aead, server: server, size: scheme.CommitmentSize()}, err
}

// Seal returns the commitment as STORE carries it to the server, in the WRITE of key with the timestamp. An error comes
// from the source of randomness.
func (c *Channel) Seal(entropy io.Reader, key protocols.Key, ts protocols.Timestamp, commitment []byte) (
	[]byte, error,
) {
	if c == nil {
		return commitment, nil
	}
	nonce := make([]byte, sealNonceSize, sealNonceSize+len(commitment)+sealTagSize)
	if _, err := io.ReadFull(entropy, nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce to seal with: %w", err)
	}
	return c.aead.Seal(nonce, nonce, commitment, c.binding(key, ts)), nil
}

// Open returns the commitment that was sealed. An error says that no writer sealed it for this server, key and timestamp.
func (c *Channel) Open(key protocols.Key, ts protocols.Timestamp, sealed []byte) ([]byte, error) {
	if c == nil {
		return sealed, nil
	}
	if want := sealNonceSize + c.size + sealTagSize; len(sealed) != want {
		return nil, fmt.Errorf("a sealed commitment of %d bytes, want %d", len(sealed), want)
	}
	commitment, err := c.aead.Open(nil, sealed[:sealNonceSize], sealed[sealNonceSize:], c.binding(key, ts))
	if err != nil {
		return nil, errors.New("the commitment is damaged, or sealed for another server, key or timestamp")
	}
	return commitment, nil
}

// binding is where alone a sealed commitment opens: server, timestamp, and key.
func (c *Channel) binding(key protocols.Key, ts protocols.Timestamp) []byte {
	numbers := make([]byte, 0, 3*8+len(key))
	for _, n := range []uint64{uint64(c.server), ts.Num, ts.PID} {
		numbers = binary.BigEndian.AppendUint64(numbers, n)
	}
	return append(numbers, key...)
}

// Channels are the writers' channels, one to each server.
type Channels []*Channel

// NewChannels returns the scheme's channels to the servers that have the group keys.
func NewChannels(scheme Scheme, groups [][]byte) (channels Channels, err error) {
	channels = make(Channels, len(groups))
	for i, group := range groups {
		if channels[i], err = NewChannel(scheme, group, i); err != nil {
			return nil, err
		}
	}
	return channels, nil
}

// Seal seals each server's commitment.
func (cs Channels) Seal(entropy io.Reader, key protocols.Key, ts protocols.Timestamp, commitments [][]byte) (
	sealed [][]byte, err error,
) {
	sealed = make([][]byte, len(cs))
	for i, c := range cs {
		if sealed[i], err = c.Seal(entropy, key, ts, commitments[i]); err != nil {
			return nil, err
		}
	}
	return sealed, nil
}
