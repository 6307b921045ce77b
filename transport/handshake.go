package transport

import (
	"bytes"
	"cmp"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
	"github.com/powbench/powbench/transport/identity"
)

// In the handshake each side sends the preamble, the client first. Then follow the client's hello, the server's
// challenge, a writer's proof, and the server's verdict, each a frame without payload. Where both have an identity, TLS carries
// all of that, and the client's certificate must be of the role that its hello claims.

var preamble = []byte("PoWBench\x01") // the last byte is the version of the wire format

const challengeBytes = 32

var (
	handshakeBounds = frameSize{header: 1 << 10}
	errRefused      = errors.New("handshake refused")
	errNotOurs      = errors.New("handshake: the peer does not speak this PoWBench's wire format")
)

type hello struct {
	Protocol string
	Server   int
	Role     protocols.Role
	From     int // the index of the server that says it, in the role peer
}

// peer is the role of a server that speaks to another one. Servers' automata know it by the index, see protocols.Incoming.
const peer protocols.Role = protocols.Writer + 1

// proves reports whether the role is to be proven by a key.
func (h hello) proves() bool { return h.Role == protocols.Writer || h.Role == peer }

type challenge struct {
	Refusal string // why the server will not talk to the client, or empty
	Nonce   []byte
}

type (
	proof   struct{ Tag []byte }
	verdict struct{ Refusal string }
)

// who is the sender of h in messages.
func (h hello) who() string {
	switch h.Role {
	case protocols.Reader:
		return string(identity.Reader)
	case protocols.Writer:
		return string(identity.Writer)
	case peer:
		return identity.Name{Role: identity.Server, Number: h.From + 1}.String()
	}
	return "unknown"
}

// A greeter does one connection's handshake.
type greeter struct {
	conn     net.Conn
	identity *identity.Identity // of this end; nil to speak in the clear
	stream   *stream
	frames   *frameReader
}

func newGreeter(conn net.Conn, m *meter) *greeter {
	s := newStream(conn, m)
	return &greeter{conn: conn, stream: s, frames: newFrameReader(s)}
}

// call is the client's side. key is the server's group key, for a writer.
func (g *greeter) call(h hello, key []byte) error {
	if h.proves() && len(key) == 0 {
		return fmt.Errorf("no key for server %d: a writer needs the group keys of all servers, a server those it shares with each",
			h.Server+1)
	}
	if err := g.conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	if err := g.sealTo(h.Server); err != nil {
		return err
	}
	if err := g.write(preamble); err != nil {
		return err
	}
	if err := g.expectPreamble(); err != nil {
		return err
	}
	if err := g.send(&h); err != nil {
		return err
	}
	var c challenge
	if err := g.receive(&c); err != nil {
		return err
	}
	if c.Refusal == "" && h.proves() {
		tag, err := roleTag(key, c.Nonce, h)
		if err == nil {
			err = g.send(&proof{Tag: tag})
		}
		if err != nil {
			return err
		}
	}
	v := verdict{Refusal: c.Refusal}
	if c.Refusal == "" {
		if err := g.receive(&v); err != nil {
			return err
		}
	}
	if v.Refusal != "" {
		return fmt.Errorf("%w by server %d: %.200q", errRefused, h.Server+1, v.Refusal)
	}
	return g.conn.SetDeadline(time.Time{})
}

// answer is the server's side. It expects a hello like its own and returns the client's. The key is the one that proves a
// role: the group's for a writer, the pair's for a server.
func (g *greeter) answer(own hello, keys roleKeys) (h hello, err error) {
	if err := g.conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return h, err
	}
	if err := g.sealFrom(); err != nil {
		return h, err
	}
	stranger := g.expectPreamble()
	if err := g.write(preamble); err != nil || stranger != nil { // so a client of another version learns ours
		return h, cmp.Or(stranger, err)
	}
	if err := g.receive(&h); err != nil {
		return h, err
	}
	if refusal := cmp.Or(g.unproven(h), own.refuses(h, keys)); refusal != "" {
		return h, g.refuse(refusal)
	}
	nonce := make([]byte, challengeBytes)
	_, _ = rand.Read(nonce) // never fails
	if err := g.send(&challenge{Nonce: nonce}); err != nil {
		return h, err
	}
	if h.proves() {
		if err := g.checkProof(h, keys.of(h), nonce); err != nil {
			return h, err
		}
	}
	if err := g.send(&verdict{}); err != nil {
		return h, err
	}
	return h, g.conn.SetDeadline(time.Time{})
}

// refuse tells the client why it is refused, and returns an error that says so.
func (g *greeter) refuse(why string) error {
	return errors.Join(g.send(&challenge{Refusal: why}), fmt.Errorf("%w: %s", errRefused, why))
}

// roleKeys are the keys by which roles are proven to a server.
type roleKeys struct {
	group []byte   // of writers; nil to refuse them
	pairs [][]byte // of servers, by index; nil to refuse them
}

// of is the key by which the sender of h proves its role.
func (k roleKeys) of(h hello) []byte {
	switch {
	case h.Role == protocols.Writer:
		return k.group
	case h.Role == peer && h.From >= 0 && h.From < len(k.pairs) && h.From != h.Server:
		return k.pairs[h.From]
	}
	return nil
}

// refuses says why the server whose hello is h cannot serve a client who said client; "" if it can.
func (h hello) refuses(client hello, keys roleKeys) string {
	switch {
	case client.Protocol != h.Protocol:
		return fmt.Sprintf("protocol is %s, not %.64q", h.Protocol, client.Protocol)
	case client.Server != h.Server:
		return fmt.Sprintf("this is server %d, not %d: check the order of the addresses", h.Server+1, client.Server+1)
	case client.Role != protocols.Reader && !client.proves():
		return fmt.Sprintf("no such role: %d", client.Role)
	case client.Role == protocols.Writer && len(keys.group) == 0:
		return "this server has no group key and takes readers only"
	case client.Role == peer && len(keys.of(client)) == 0:
		return fmt.Sprintf("this server shares no key with a server %d", client.From+1)
	}
	return ""
}

func (g *greeter) checkProof(h hello, key, nonce []byte) error {
	var p proof
	if err := g.receive(&p); err != nil {
		return err
	}
	tag, err := roleTag(key, nonce, h)
	if err != nil {
		return err
	}
	if !hmac.Equal(tag, p.Tag) {
		refusal := "not a writer: the group key is wrong"
		if h.Role == peer {
			refusal = fmt.Sprintf("not server %d: the key that the two share is wrong", h.From+1)
		}
		return errors.Join(g.send(&verdict{Refusal: refusal}), fmt.Errorf("%w: %s", errRefused, refusal))
	}
	return nil
}

// roleTag is the MAC that proves to one server, once, that the sender of h holds the key of its role.
func roleTag(key, nonce []byte, h hello) ([]byte, error) {
	channelKey, err := hkdf.Key(sha256.New, key, nil, "powbench channel", sha256.Size)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, channelKey)
	mac.Write(nonce)
	mac.Write([]byte(h.Protocol))
	mac.Write(binary.BigEndian.AppendUint32(nil, uint32(h.Server)))
	mac.Write([]byte{byte(h.Role)})
	if h.Role == peer {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(h.From)))
	}
	return mac.Sum(nil), nil
}

func (g *greeter) expectPreamble() error {
	got := make([]byte, len(preamble))
	if _, err := io.ReadFull(g.frames.r, got); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	last := len(preamble) - 1
	switch {
	case bytes.Equal(got[:2], []byte{22, 3}): // TLS begins with a record of the type handshake and a version 3.x
		return fmt.Errorf("%w: it speaks TLS, and this server does not: start it with auth: tls, or the client without", errNotOurs)
	case !bytes.Equal(got[:last], preamble[:last]):
		return fmt.Errorf("%w: it begins with %q", errNotOurs, got)
	case got[last] != preamble[last]:
		return fmt.Errorf("%w: it has version %d, we have %d: use one release", errNotOurs, got[last], preamble[last])
	}
	return nil
}

func (g *greeter) send(v any) error {
	frame, err := wire.Marshal(make([]byte, prefixBytes), v)
	if err == nil {
		err = putPrefix(frame, 0, handshakeBounds)
	}
	if err != nil {
		return err
	}
	return g.write(frame)
}

func (g *greeter) write(p []byte) error { return g.stream.write(&net.Buffers{p}) }

func (g *greeter) receive(v any) error {
	size, err := g.frames.size(handshakeBounds)
	if err != nil {
		return fmt.Errorf("handshake: %w", unexpected(err))
	}
	header, err := g.frames.header(size.header)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return wire.Unmarshal(header, v)
}
