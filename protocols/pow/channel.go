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

// A Channel is the confidential channel from the writers to one server (§3.3): AES-256-GCM under a key derived from the
// group key k_i. It is safe for concurrent use.
//
// Nonces are random and of 96 bits. So a server's group key should not live for more than 2³² WRITEs: the odds that a
// nonce ever comes twice are then 2⁻³³.
type Channel struct {
	aead   cipher.AEAD
	server int
}

// NewChannel returns the channel to the server with the 0-based index. Its key is told apart from whatever else the
// group key serves by HKDF's label.
func NewChannel(group []byte, server int) (*Channel, error) {
	key, err := hkdf.Key(sha256.New, group, nil, "proof of writing", sealKeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the channel's key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Channel{aead: aead, server: server}, err
}

// NewChannels returns a writer's channels, to every server.
func NewChannels(groups [][]byte) ([]*Channel, error) {
	channels := make([]*Channel, len(groups))
	for i, group := range groups {
		var err error
		if channels[i], err = NewChannel(group, i); err != nil {
			return nil, err
		}
	}
	return channels, nil
}

// SealedSize is the length of a sealed commitment of n bytes.
func SealedSize(n int) int { return sealNonceSize + n + sealTagSize }

// Seal encrypts the server's commitment for the WRITE of key with the timestamp. An error comes from the source of
// randomness.
func (c *Channel) Seal(entropy io.Reader, key protocols.Key, ts protocols.Timestamp, commitment []byte) (
	[]byte, error,
) {
	nonce := make([]byte, sealNonceSize, SealedSize(len(commitment)))
	if _, err := io.ReadFull(entropy, nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce to seal with: %w", err)
	}
	return c.aead.Seal(nonce, nonce, commitment, c.binding(key, ts)), nil
}

// Open decrypts a commitment of the given size. An error says that no writer sealed the like for this server, key and
// timestamp.
func (c *Channel) Open(key protocols.Key, ts protocols.Timestamp, sealed []byte, size int) ([]byte, error) {
	if len(sealed) != SealedSize(size) {
		return nil, fmt.Errorf("a sealed commitment of %d bytes, want %d", len(sealed), SealedSize(size))
	}
	commitment, err := c.aead.Open(nil, sealed[:sealNonceSize], sealed[sealNonceSize:], c.binding(key, ts))
	if err != nil {
		return nil, errors.New("the commitment is damaged, or sealed for another server, key or timestamp")
	}
	return commitment, nil
}

// binding is what a sealed commitment cannot be taken away from: server, timestamp, and key.
func (c *Channel) binding(key protocols.Key, ts protocols.Timestamp) []byte {
	numbers := make([]byte, 0, 3*8+len(key))
	for _, n := range []uint64{uint64(c.server), ts.Num, ts.PID} {
		numbers = binary.BigEndian.AppendUint64(numbers, n)
	}
	return append(numbers, key...)
}
