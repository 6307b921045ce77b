package prototest

import (
	"errors"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// waiting is a request that a server has taken, under its ticket. The answers to a request of a run go into flight; those
// to one that a test handed over by itself are kept.
type waiting struct {
	Envelope
	answers []protocols.Message
}

// ticket is a ticket for the request.
func (c *Cluster) ticket(e Envelope) protocols.Ticket {
	c.waiting = append(c.waiting, &waiting{Envelope: e})
	return protocols.Ticket{Client: e.Client, Request: uint64(len(c.waiting))}
}

// take lets a server take a message, and does what it wants except for the reply. The error is a refusal.
func (c *Cluster) take(server int, in protocols.Incoming) (reply protocols.Message, err error) {
	c.t.Helper()
	lent := c.states[server].Lend(in.Key)
	defer lent.TakeBack()
	in.Payload = lent.Payload(in.Payload)
	e, err := protocols.Take(c.Servers[server], in, lent)
	if err != nil {
		if !errors.Is(err, protocols.ErrRefused) || len(e.Records) > 0 || e.Reply.Body != nil || e.Reply.Payload != nil ||
			e.Later != nil || e.Peers != nil {
			c.Fatalf("s%d fails, or refuses and yet stores or replies: %v", server+1, err)
		}
		return protocols.Message{}, err
	}
	c.states[server].Put(in.Key, e.Records...)
	for _, letter := range e.Later {
		c.post(letter)
	}
	for to, m := range e.Peers {
		if to != server && m.Body != nil {
			m.Payload = play.ClonePayload(m.Payload) // what it was lent is overwritten
			c.flying = append(c.flying, Envelope{Peer: true, From: server, Server: to, Key: in.Key, Message: m})
		}
	}
	e.Reply.Payload = play.ClonePayload(e.Reply.Payload)
	return e.Reply, nil
}

// post delivers or keeps a letter. One to nobody is a server's that lies.
func (c *Cluster) post(letter protocols.Letter) {
	n := int(letter.To.Request) - 1
	if n < 0 || n >= len(c.waiting) {
		return
	}
	w, m := c.waiting[n], letter.Message
	m.Payload = play.ClonePayload(m.Payload)
	if w.Run == nil {
		w.answers = append(w.answers, m)
		return
	}
	answer := w.Envelope
	if m, ok := c.transmit(m); ok {
		answer.Message, answer.Reply = m, true
		c.flying = append(c.flying, answer)
	}
}

// handlePeer delivers a message of a server to another. What cannot be decoded, or is refused, is lost.
func (c *Cluster) handlePeer(e Envelope) {
	c.t.Helper()
	if c.crashed[e.Server] {
		return
	}
	m, ok := c.transmit(e.Message)
	if !ok {
		return
	}
	c.arrived(e)
	if _, err := c.take(e.Server, protocols.Incoming{Key: e.Key, Message: m, Server: e.From}); err != nil &&
		!slices.Contains(c.Liars, e.From) {
		c.Fatalf("s%d refuses what s%d sent: %v: %v", e.Server+1, e.From+1, e, err)
	}
}

// answers hands each server its request, lets the servers send each other all they want, and returns the first answer of
// each, zero if there is none.
func (c *Cluster) answers(requests protocols.Broadcast) []protocols.Message {
	c.t.Helper()
	answers, first := make([]protocols.Message, len(requests)), len(c.waiting)
	for server, m := range requests {
		if m.Body == nil {
			continue
		}
		reply, err := c.Request(protocols.Writer, "k", server, m)
		if err != nil {
			c.Fatalf("s%d: %v", server+1, err)
		}
		answers[server] = reply
	}
	c.Deliver(func(e Envelope) bool { return e.Peer })
	for _, w := range c.waiting[first:] {
		if len(w.answers) > 0 && answers[w.Server].Body == nil {
			answers[w.Server] = w.answers[0]
		}
	}
	return answers
}

// Send puts a message of one server to another into flight.
func (c *Cluster) Send(from, to int, key protocols.Key, m protocols.Message) {
	c.flying = append(c.flying, Envelope{Peer: true, From: from, Server: to, Key: key, Message: m})
}
