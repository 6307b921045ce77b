package transport

import (
	"io"
	"sync/atomic"
)

// A Count is a number of messages and of the bytes that carry them, framing included.
type Count struct {
	Messages uint64
	Bytes    uint64
}

// Traffic is what went over the sockets of a client or server so far. Bytes include the handshakes and what was sent
// again.
type Traffic struct {
	Sent     Count
	Received Count
	// Rejected counts replies that were dropped: duplicate, to no request, of an unknown kind, or malformed.
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
