package transport

import (
	"bytes"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/sweep"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// A canned connection has received all that it ever will, and drops what is sent.
type canned struct {
	net.Conn
	received *bytes.Reader
}

func (c canned) Read(b []byte) (int, error) { return c.received.Read(b) }
func (canned) Write(b []byte) (int, error)  { return len(b), nil }
func (canned) SetDeadline(time.Time) error  { return nil }
func greeterOf(received []byte) *greeter {
	return newGreeter(canned{received: bytes.NewReader(received)}, new(meter))
}

// handshakeFrames is what a peer sends: the preamble and then each part in a frame.
func handshakeFrames(t testing.TB, parts ...any) []byte {
	t.Helper()
	text := slices.Clone(preamble)
	for _, part := range parts {
		frame, err := wire.Marshal(make([]byte, prefixBytes), part)
		if err == nil {
			err = putPrefix(frame, 0, handshakeBounds)
		}
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, frame...)
	}
	return text
}

// Whatever bytes come, who holds no key is a reader of this server and its protocol, or nobody; and a client ends its handshake.
func FuzzHandshakes(f *testing.F) {
	own := hello{Protocol: "echo", Server: 1}
	for _, role := range []protocols.Role{protocols.Reader, protocols.Writer, peer, 0} {
		h := hello{Protocol: "echo", Server: 1, Role: role}
		f.Add(handshakeFrames(f, &h, &proof{Tag: make([]byte, 32)}))
		f.Add(handshakeFrames(f, &h, &proof{}))
	}
	f.Add(handshakeFrames(f, &hello{Protocol: "echo", Server: 1, Role: peer, From: 1 << 62}, &proof{}))
	f.Add(handshakeFrames(f, &challenge{Nonce: make([]byte, challengeBytes)}, &verdict{}))
	f.Add(handshakeFrames(f, &challenge{Refusal: "no"}))
	f.Add(append(slices.Clone(preamble), 0, 0, 4, 1, 0, 0, 0, 0))
	keys := roleKeys{group: []byte("group"), pairs: [][]byte{[]byte("pair"), nil, nil, nil}}
	sweep.Fuzz(f, func(t testing.TB, received []byte) {
		h, err := greeterOf(received).answer(own, keys)
		if err == nil && (h.Role != protocols.Reader || h.Server != own.Server || h.Protocol != own.Protocol) {
			t.Errorf("%+v is let in", h)
		}
		for _, role := range []protocols.Role{protocols.Reader, protocols.Writer} {
			_ = greeterOf(received).call(hello{Protocol: "echo", Server: 1, Role: role}, []byte("group"))
		}
	})
}
