package client

import (
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport"
)

// rounds tells an operation's data rounds from its metadata rounds, by what it sent and was sent and not by what its
// protocol says of itself.
type rounds struct {
	faults int // servers that may lie
	all    []round
}

// round is one of them.
type round struct {
	asked  int  // servers, when it began
	loaded bool // whether a request had a payload
	loads  int  // replies with a payload
}

// begin begins the next round and returns its number.
func (r *rounds) begin(b protocols.Broadcast) int {
	var next round
	for _, m := range b {
		if m.Body != nil {
			next.asked++
			next.loaded = next.loaded || len(m.Payload) > 0
		}
	}
	r.all = append(r.all, next)
	return len(r.all)
}

// hear takes a reply, of which there is at most one for each round and server.
func (r *rounds) hear(reply transport.Reply) {
	if len(reply.Message.Payload) > 0 {
		r.all[reply.Round-1].loads++
	}
}

// count tells the rounds apart. A request is the client's own and always counts. Replies count if more servers sent a
// payload than may lie, so that a correct one is among them: liars cannot make a metadata round one of data. Nor can
// they hide one of data once its value has come to more correct servers than there are liars. A round that asks no
// more servers than may lie is of use only for data that verify themselves: there it takes a payload from all of them.
func (r *rounds) count() (c result.Rounds) {
	for _, x := range r.all {
		if x.loaded || x.loads > 0 && x.loads >= min(r.faults+1, x.asked) {
			c.Data++
		} else {
			c.Metadata++
		}
	}
	return c
}

// moved is what the exchange has sent, also what has yet to leave, and received.
func moved(x *transport.Exchange) result.Most {
	sent, received := x.Sent(), x.Received()
	return result.Most{
		Messages: result.Traffic{ClientToServer: int64(sent.Messages), ServerToClient: int64(received.Messages)},
		Bytes:    result.Traffic{ClientToServer: int64(sent.Bytes), ServerToClient: int64(received.Bytes)},
	}
}
