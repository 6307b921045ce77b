package catalog

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/wire"
)

// A script is messages, one after the other, as bytes have it: what is made of any bytes is what a faulty peer may send.
type script struct{ left []byte }

// prefixBytes are in front of each body: the sender, the kind, the body's length, and the payload's length and bytes, which are all
// the same.
const prefixBytes = 6

// next takes a message off the script, without a body if there is none of its kind or it cannot be decoded.
func (s *script) next(p protocols.Protocol) (from byte, m protocols.Message, ok bool) {
	if len(s.left) < prefixBytes {
		return 0, m, false
	}
	prefix := s.left[:prefixBytes]
	s.left = s.left[prefixBytes:]
	data := s.left[:min(int(binary.BigEndian.Uint16(prefix[2:])), len(s.left))]
	s.left = s.left[len(data):]
	body := p.NewBody(protocols.Kind(prefix[1]))
	if body == nil || wire.Unmarshal(data, body) != nil {
		return prefix[0], m, true
	}
	m.Body = body
	if length := int(prefix[4]); length > 0 {
		m.Payload = slices.Repeat(prefix[5:6], length)
	}
	return prefix[0], m, true
}

// line is a message as a script has it.
func line(t testing.TB, from byte, m protocols.Message) []byte {
	t.Helper()
	body := encode(t, m.Body)
	text := []byte{from, byte(m.Body.Kind()), 0, 0, byte(len(m.Payload)), 0}
	binary.BigEndian.PutUint16(text[2:], uint16(len(body)))
	if len(m.Payload) > 0 {
		text[5] = m.Payload[0]
	}
	return append(text, body...)
}

// sender is who sends a message to a server: a role, or another server.
func sender(role protocols.Role, server int) byte { return byte(role) + 3*byte(server) }

// sent is what the sender's byte means.
func sent(from byte, servers int) (role protocols.Role, server int) {
	return protocols.Role(from % 3), int(from/3) % servers
}

// played is the index of the server that is played. Those that ask a quorum of their own choice ask it first.
const played = 1

// toServer is a script of what the server gets in a WRITE, and one of the READ after it. What servers say to each other comes from
// all in turn.
func toServer(t testing.TB, protocol int) (write, read []byte) {
	t.Helper()
	servers := fuzzed()[protocol].Traits(1).Servers
	of := func(op protocols.Op) (text []byte) {
		for _, leg := range said(t, protocol, op) {
			if m := leg.Requests[played]; m.Body != nil {
				text = append(text, line(t, sender(protocols.Writer, 0), m)...)
			}
			for i, m := range leg.Between {
				text = append(text, line(t, sender(0, i%servers), m)...)
			}
		}
		return text
	}
	return of(protocols.Write), of(protocols.Read)
}

// toClient is a script of what the client gets in an operation.
func toClient(t testing.TB, protocol int, op protocols.Op) (text []byte) {
	t.Helper()
	for _, leg := range said(t, protocol, op) {
		for server, m := range leg.Replies {
			if m.Body != nil {
				text = append(text, line(t, byte(server), m)...)
			}
		}
	}
	return text
}

// keyring is the keys of one protocol's servers and of its writer, as play.DryRun draws them, and what it draws from then.
type keyring struct {
	suite   suite.Suite
	servers []suite.ServerKeys
	writer  suite.ClientKeys
	entropy rand.ChaCha8
}

// rings are drawn once: RSA's take a tenth of a second.
var rings sync.Map

func ringOf(t testing.TB, p protocols.Protocol) keyring {
	t.Helper()
	if k, ok := rings.Load(protocols.NameOf(p)); ok {
		return k.(keyring)
	}
	s, err := protocols.SuiteFor(p, "modern")
	if err != nil {
		t.Fatal(err)
	}
	entropy := play.Entropy(0, 1)
	servers, writer, _, err := protocols.GenerateKeys(p, 1, s, entropy)
	if err != nil {
		t.Fatal(err)
	}
	k := keyring{suite: s, servers: servers, writer: writer, entropy: *entropy}
	rings.Store(protocols.NameOf(p), k)
	return k
}

// server is the one that is played.
func (k keyring) server(p protocols.Protocol) protocols.Server {
	return p.NewServer(protocols.ServerParams{T: 1, Suite: k.suite, Keys: k.servers[played], Index: played})
}

// register is a writer's.
func (k keyring) register(p protocols.Protocol) protocols.Register {
	return protocols.Incarnate(p, protocols.ClientParams{T: 1, PID: 1, Suite: k.suite, Keys: k.writer, Entropy: &k.entropy})
}
