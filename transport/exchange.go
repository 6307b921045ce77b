package transport

import (
	"fmt"
	"net"
	"slices"
	"sync/atomic"

	"github.com/powbench/powbench/protocols"
)

// A Reply is one server's answer to one round. An empty payload is nil.
type Reply struct {
	Round   int
	Server  int
	Message protocols.Message
}

// An Exchange is the conversation of one operation with the servers. Only one goroutine at a time may call its methods.
type Exchange struct {
	links    *Links
	id       uint64
	key      protocols.Key
	memory   arena
	replies  chan Reply
	requests []*request
	streamed [protocols.MaxRounds + 1]bool
	over     chan struct{} // closed when nobody takes replies any more, if a round is streamed; else nil
	ceased   bool          // over is closed
	ended    bool
	sent     counter
	received counter
	largest  [protocols.MaxRounds + 1]atomic.Int64 // reply to each round so far, in bytes
}

// Memory returns the operation's memory, into which the replies' payloads are read. It lives until End is called and the
// last message that refers to it is written or given up. Payloads that are sent must lie in it or never change again:
// End does not wait for servers that lag behind.
func (x *Exchange) Memory() protocols.Memory { return &x.memory }

// Send queues a round's requests, one per server, and never waits; rounds are numbered from 1. It leaves out a server
// whose request of that round was sent before, so that a round may begin at a few servers and be widened.
func (x *Exchange) Send(round int, b protocols.Broadcast) error {
	if err := x.check(round, b); err != nil {
		return err
	}
	id := requestID(x.id, round)
	requests, err := x.encode(id, round, b)
	if err != nil {
		return fmt.Errorf("round %d: %w", round, err)
	}
	for i := range requests {
		r := &requests[i]
		x.memory.hold()
		x.requests = append(x.requests, r)
		x.sent.add(1, r.size)
		r.link.add(r)
	}
	return nil
}

// Stream says, before a round's requests are sent, that servers may answer each any number of times until End.
func (x *Exchange) Stream(round int) {
	x.streamed[round] = true
	if x.over == nil {
		x.over = make(chan struct{})
	}
}

func (x *Exchange) check(round int, b protocols.Broadcast) error {
	switch {
	case x.links.ctx.Err() != nil || x.ended:
		return fmt.Errorf("round %d: the exchange has ended: %w", round, net.ErrClosed)
	case round < 1 || round > protocols.MaxRounds:
		return fmt.Errorf("round %d: rounds are 1 to %d", round, protocols.MaxRounds)
	case len(b) != len(x.links.links):
		return fmt.Errorf("round %d: %d messages to %d servers", round, len(b), len(x.links.links))
	case len(x.key) > protocols.MaxKeyBytes:
		return fmt.Errorf("key of %d bytes: at most %d", len(x.key), protocols.MaxKeyBytes)
	}
	return nil
}

// encode makes the requests of a broadcast. Those with the same body share the encoded frame.
func (x *Exchange) encode(id uint64, round int, b protocols.Broadcast) ([]request, error) {
	requests := make([]request, 0, len(b))
	var last protocols.Message
	var frame []byte
	for server, m := range b {
		link := x.links.links[server]
		if m.Body == nil || x.asked(link, round) {
			continue
		}
		if m.Body != last.Body || len(m.Payload) != len(last.Payload) {
			var err error
			if frame, err = encodeMessage(id, x.key, m); err != nil {
				return nil, err
			}
			last = m
		}
		requests = append(requests, request{
			exchange: x, link: link, id: id, round: round, replies: x.replies, streamed: x.streamed[round],
			frame: frame, payload: m.Payload, size: link.cfg.bytes(len(frame), len(m.Payload)),
		})
	}
	return requests, nil
}

func (x *Exchange) asked(l *link, round int) bool {
	return slices.ContainsFunc(x.requests, func(r *request) bool { return r.link == l && r.round == round })
}

// Name is what to call the server in a message: its number and address and, if it is not connected, why not.
func (x *Exchange) Name(server int) string {
	l := x.links.links[server]
	if err := l.down(); err != nil {
		return fmt.Sprintf("%s, not connected: %v", l, err)
	}
	return l.String()
}

// Replies delivers at most one reply per server and round, if the round is not streamed. The channel is never closed and has
// room for all those replies, so that nobody waits to deliver one.
func (x *Exchange) Replies() <-chan Reply { return x.replies }

// EndStreams says that nobody takes replies any more, though their memory is still in use. A stream that nobody reads would
// hold up the connections of all exchanges.
func (x *Exchange) EndStreams() {
	if x.over != nil && !x.ceased {
		x.ceased = true
		close(x.over)
	}
}

// End ends the exchange, whose replies and memory must not be used any more. Queued requests are still sent as long as
// their connection keeps up; late replies are read and dropped.
func (x *Exchange) End() {
	if x.ended {
		return
	}
	x.ended = true
	x.EndStreams()
	for _, r := range x.requests { // what a round's other replies took, the missing one will take too
		r.link.end(r, r.size+int(x.largest[r.round].Load()))
	}
	x.requests, x.replies = nil, nil // requests may outlive the exchange for long and refer to it
	x.memory.release()
}

// Sent counts each request once, whether or not it has left yet.
func (x *Exchange) Sent() Count { return x.sent.count() }

// Received counts the replies so far, including those that come after End.
func (x *Exchange) Received() Count { return x.received.count() }

// replied notes a reply of so many bytes.
func (x *Exchange) replied(round, bytes int) {
	x.received.add(1, bytes)
	for largest := &x.largest[round]; ; {
		old := largest.Load()
		if int64(bytes) <= old || largest.CompareAndSwap(old, int64(bytes)) {
			return
		}
	}
}
