// Package transport carries the messages of every protocol over TCP.
//
// A client process has one connection to each server, which all its operations share. An operation's conversation is an
// Exchange: it queues a round's requests and delivers at most one reply per server and round, so that a slow, silent or
// dead server never holds an operation up. While an exchange runs, its requests are sent again after a reconnect until
// they are answered.
//
// # Frames
//
// A frame is two big-endian uint32, the lengths of header and payload; then the header, which is an envelope (id, kind,
// key) and the message's body, both in msgpack; then the raw payload, which no codec touches. A frame over the bounds
// ends its connection before memory is taken for it.
//
// # Roles
//
// A connection opens with a handshake. A client that claims to be a writer proves that it holds the server's group key
// by a MAC over a fresh challenge. That authenticates the connection's role, not each frame: an attacker who can write
// into an open TCP connection can forge. The paper takes authenticated channels for granted (§6.1), and so do we by default.
//
// Where both ends have an identity (package identity), TLS 1.3 carries the connection. Then a client is what its certificate
// says: a writer, a reader, or the server of some index. Nobody without the keys reads or changes what passes. The proof by the
// group key stays, as a writer needs that key for other ends too.
//
// # Memory
//
// A buffer has one owner at a time: the pool, or the memory of one operation (Exchange.Memory) or of one request at a
// server (a Handler's mem). Replies' payloads are read into the first, requests' payloads into the second. The owner gives
// all its buffers back at once: an operation's when End was called and the last of its requests was written or given up,
// a request's when its reply has left or is not to be sent. Until then whoever was handed a buffer may read it, and
// nobody may afterwards: a server that stores a payload copies it before Handle's records are applied, and an operation's
// result is used before it is released. Nobody but the pool takes a buffer out of its memory. In builds with the race
// detector, and in this package's tests, a buffer is overwritten when it goes back, so that a breach shows.
//
// The package knows the model but no protocol. It imports protocols and protocols/wire; harness and its packages may
// import it.
package transport

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/powbench/powbench/protocols"
)

// Times after which a peer that does nothing is dropped.
const (
	handshakeTimeout = 5 * time.Second
	frameTimeout     = 30 * time.Second // for the rest of a frame that has begun, in either direction
	peerTimeout      = 15 * time.Second // for the peer's TCP to acknowledge something
)

// NewBody returns a pointer to an empty body of the kind, to decode into, or nil for an unknown kind.
type NewBody = func(kind protocols.Kind) protocols.Body

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// A Count is a number of messages and of the bytes that carry them, framing included.
type Count struct {
	Messages uint64
	Bytes    uint64
}

// Traffic counts what a client's or server's sockets have sent and received. Bytes include handshakes and repetitions.
type Traffic struct {
	Sent     Count
	Received Count
	// Rejected counts replies that were dropped: duplicate, to no request, of an unknown kind, or malformed. One more to a streamed
	// request whose exchange has ended is merely late.
	Rejected uint64
	// Discarded counts requests of ended exchanges that were given up before a reply came.
	Discarded uint64
}

type counter struct{ messages, bytes atomic.Uint64 }

func (c *counter) add(messages, bytes int) {
	c.messages.Add(uint64(messages))
	c.bytes.Add(uint64(bytes))
}

func (c *counter) count() Count { return Count{Messages: c.messages.Load(), Bytes: c.bytes.Load()} }

type meter struct {
	sent, received      counter
	rejected, discarded atomic.Uint64
	repeats             repeats
}

func (m *meter) traffic() Traffic {
	return Traffic{
		Sent:      m.sent.count(),
		Received:  m.received.count(),
		Rejected:  m.rejected.Load(),
		Discarded: m.discarded.Load(),
	}
}

// A meteredReader counts the bytes read from a socket.
type meteredReader struct {
	io.Reader
	meter *meter
}

func (r meteredReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.meter.received.add(0, n)
	return n, err
}
