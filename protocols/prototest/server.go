package prototest

import (
	"errors"
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// handle delivers a request to its server and puts the reply into flight.
func (c *Cluster) handle(e Envelope) {
	c.t.Helper()
	if c.crashed[e.Server] {
		return
	}
	e.Run.Trace = append(e.Run.Trace, e)
	reply, sent, err := c.serve(e.Run.Role, e.Run.Key, e.Server, e.Message)
	if err == nil && sent {
		e.Message, e.Reply = reply, true
		c.flying = append(c.flying, e)
	}
}

// Request hands one request to a server at once, past the network, stores the records and returns the reply. The error
// is a refusal, also kept in Refusals; any other error of the server fails the test.
func (c *Cluster) Request(from protocols.Role, key protocols.Key, server int, m protocols.Message) (
	protocols.Message, error,
) {
	c.t.Helper()
	reply, _, err := c.serve(from, key, server, m)
	return reply, err
}

// serve is Request; sent is false if the server sent nothing, or nothing that arrives.
func (c *Cluster) serve(from protocols.Role, key protocols.Key, server int, m protocols.Message) (
	reply protocols.Message, sent bool, err error,
) {
	c.t.Helper()
	request, ok := c.transmit(m)
	if !ok {
		err := fmt.Errorf("%w: the body cannot be decoded", protocols.ErrRefused)
		c.Refusals = append(c.Refusals, err)
		return protocols.Message{}, false, err
	}
	lent := c.states[server].Lend(key)
	defer lent.TakeBack()
	request.Payload = lent.Payload(request.Payload)
	reply, records, err := c.Servers[server].Handle(from, key, request, lent)
	if err != nil {
		return protocols.Message{}, false, c.refused(server, reply, records, err)
	}
	c.states[server].Put(key, records...)
	sent = reply.Body != nil || reply.Payload != nil
	reply, ok = c.transmit(reply)
	return reply, sent && ok, nil
}

// refused checks that a request that was refused left no trace.
func (c *Cluster) refused(server int, reply protocols.Message, records []protocols.Record, err error) error {
	c.t.Helper()
	if !errors.Is(err, protocols.ErrRefused) {
		c.Fatalf("server %d: %v", server+1, err)
	}
	if len(records) > 0 || reply.Body != nil || reply.Payload != nil {
		c.Fatalf("server %d refused and yet stored or replied: %v", server+1, err)
	}
	c.Refusals = append(c.Refusals, err)
	return err
}

// Record is a copy of a record at a server.
func (c *Cluster) Record(server int, key protocols.Key, name string) (protocols.Record, bool) {
	r, ok := c.states[server][key][name]
	return play.Clone(r), ok
}

// Records is the number of records that a server keeps for the key.
func (c *Cluster) Records(server int, key protocols.Key) int { return len(c.states[server][key]) }

// Reset returns a server to its initial state.
func (c *Cluster) Reset(server int) { clear(c.states[server]) }
