package bftbc

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

// forger signs whatever it is asked to, with the keys of a cluster.
type forger struct{ *prototest.Cluster }

func newForger(c *prototest.Cluster) forger { return forger{c} }

func (f forger) must(signature []byte, err error) []byte {
	if err != nil {
		f.Fatalf("%v", err)
	}
	return signature
}

// signature is the server's.
func (f forger) signature(server int, statement []byte) []byte {
	signer, err := f.Suite.Signer(f.ServerKeys[server].Private)
	if err != nil {
		f.Fatalf("%v", err)
	}
	return f.must(signer.Sign(nil, statement))
}

// certificate has the signatures of the servers, in that order.
func (f forger) certificate(statement []byte, servers ...int) (c Certificate) {
	for _, server := range servers {
		c.Signers = append(c.Signers, byte(server))
		c.Signatures = append(c.Signatures, f.signature(server, statement)...)
	}
	return c
}

// prepared is what those servers signed.
func (f forger) prepared(key protocols.Key, ts protocols.Timestamp, value string, servers ...int) Prepared {
	hash := f.Suite.Hash([]byte(value))
	return Prepared{TS: ts, Hash: hash, By: f.certificate(statement(preparing, key, ts, hash), servers...)}
}

func (f forger) written(key protocols.Key, ts protocols.Timestamp, servers ...int) Written {
	return Written{TS: ts, By: f.certificate(statement(writing, key, ts, nil), servers...)}
}

// client is a writer that does as it likes.
type client struct {
	forger
	pid      uint64
	identity suite.Identity
}

func (f forger) client(pid uint64) client {
	keys, err := f.WriterKeys.Identify(f.Suite, pid, play.Entropy(77, pid))
	if err != nil {
		f.Fatalf("%v", err)
	}
	return client{f, pid, *keys.Own}
}

// keys are the client's.
func (c client) keys() suite.ClientKeys {
	keys := c.WriterKeys
	keys.Private, keys.Own = nil, &c.identity
	return keys
}

// prepare is the client's PREPARE of the value under the timestamp after max's.
func (c client) prepare(max Prepared, value string, last Written) *Prepare {
	m := &Prepare{
		Max: max, TS: max.TS.Next(c.pid), Hash: c.Suite.Hash([]byte(value)), Last: last,
		Public: c.identity.Public, Credential: c.identity.Credential,
	}
	return c.sign(m)
}

// sign signs m with the client's key.
func (c client) sign(m *Prepare) *Prepare {
	signer, err := c.Suite.Signer(c.identity.Private)
	if err != nil {
		c.Fatalf("%v", err)
	}
	m.Signature = c.must(signer.Sign(nil, statement(announcing, "k", m.TS, m.Hash)))
	return m
}

// gather asks the servers to sign m and returns the certificate of those that do, with the liars among them, who always do.
// It is false if they are too few.
func (c client) gather(m *Prepare, liars []int, servers ...int) (p Prepared, enough bool) {
	p = Prepared{TS: m.TS, Hash: m.Hash}
	what := statement(preparing, "k", m.TS, m.Hash)
	var signers []int
	for server := range c.Servers {
		if slices.Contains(liars, server) {
			signers = append(signers, server)
			continue
		}
		if !slices.Contains(servers, server) {
			continue
		}
		reply, err := c.Request(protocols.Writer, "k", server, protocols.Message{Body: m})
		if err == nil && len(reply.Body.(*Signed).Signature) > 0 {
			signers = append(signers, server)
		}
	}
	if quorum := 2*c.Faults + 1; len(signers) >= quorum {
		p.By = c.certificate(what, signers[:quorum]...)
		return p, true
	}
	return p, false
}

// publish sends the value with its certificate to the servers, as anybody may. It returns how many acknowledged it.
func (f forger) publish(p Prepared, value string, servers ...int) (acks int) {
	for _, server := range servers {
		m := protocols.Message{Body: &Write{TS: p.TS, By: p.By}, Payload: []byte(value)}
		if _, err := f.Request(protocols.Reader, "k", server, m); err == nil {
			acks++
		}
	}
	return acks
}

// liar is a Byzantine server, which distorts answers, replays what it knows, and signs what it does not do.
type liar struct {
	protocols.Server
	forger
	index int
	rand  *rand.Rand
	seen  []protocols.Message
}

func lie(c *prototest.Cluster, server int) {
	c.Servers[server] = &liar{Server: c.Servers[server], forger: newForger(c), index: server, rand: c.Rand}
}

func (l *liar) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := l.Server.Handle(from, key, request, state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if l.rand.IntN(3) == 0 {
		records = nil
	}
	reply.Payload = slices.Clone(reply.Payload)
	if l.seen = append(l.seen, reply); len(l.seen) > 20 {
		l.seen = l.seen[1:]
	}
	switch l.rand.IntN(6) {
	case 0:
		return l.seen[l.rand.IntN(len(l.seen))], records, nil
	case 1:
		return protocols.Message{}, records, nil
	case 2:
		return reply, records, nil
	}
	return l.distort(key, reply), records, nil
}

// distort changes a reply to something that looks right.
func (l *liar) distort(key protocols.Key, reply protocols.Message) protocols.Message {
	value := "what nobody wrote"
	alone := make([]int, 2*l.Faults+1) // its own signature, as often as there should be signatures
	for i := range alone {
		alone[i] = l.index
	}
	ts := protocols.Timestamp{Num: 1 + l.rand.Uint64N(9), PID: 1 + l.rand.Uint64N(4)}
	switch body := reply.Body.(type) {
	case *Newest:
		p := body.Prepared
		switch l.rand.IntN(4) {
		case 0:
			p = Prepared{}
		case 1:
			p = l.prepared(key, ts, value, alone...)
		case 2:
			p.TS = ts
		case 3:
			p.By.Signatures = prototest.Flipped(p.By.Signatures)
		}
		return protocols.Message{Body: &Newest{Prepared: p}}
	case *Value:
		switch l.rand.IntN(4) {
		case 0:
			return protocols.Message{Body: &Value{}}
		case 1:
			p := l.prepared(key, ts, value, alone...)
			return protocols.Message{Body: &Value{TS: ts, By: p.By}, Payload: []byte(value)}
		case 2:
			return protocols.Message{Body: &Value{TS: ts, By: body.By}, Payload: reply.Payload}
		case 3:
			return protocols.Message{Body: body, Payload: prototest.Flipped(reply.Payload)}
		}
	case *Signed:
		return protocols.Message{Body: &Signed{Signature: prototest.Flipped(body.Signature)}}
	}
	return reply
}

func TestRandomSchedulesWithLyingServers(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 60 / faults, Byzantine: lie}.Check(t)
	}
	prototest.Scenario{Protocol: Protocol{Variant: Uncached}, Seeds: 20, Byzantine: lie}.Check(t)
}
