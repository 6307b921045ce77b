package protocols

import "fmt"

// A Peer is a Server that also sends messages to the other servers, and that may answer a client's request later, or more
// than once. The servers of a protocol are Peers if its Traits say so. Their driver calls Take in place of Handle, for
// each message of a client and of a server, one after the other for one key. It makes the records durable before any
// message leaves, and carries messages between servers as it does those of clients: late, twice, in any order, but those
// between correct servers arrive in the end.
type Peer interface {
	Server
	// Take takes one message. Errors, payload and records are as with Handle.
	Take(in Incoming, state StateReader) (Effects, error)
}

// MaxUnfounded is how many things of one key a Peer may keep because another server was the first to speak of them, and no
// correct one is known to: they may be invented.
const MaxUnfounded = 128

// An Incoming message is a client's or a server's.
type Incoming struct {
	Key Key
	Message
	// Role is the client's, zero if a server sent the message. Ticket is where answers that come later go.
	Role   Role
	Ticket Ticket
	// Server is the index of the server that sent the message, proven by the channel, if Role is zero.
	Server int
}

// A Ticket names a request of a client, so that a server can answer it later. The driver makes it up. A Peer keeps it as
// it is, in a record, where it outlives the server's process. The client sends its request again if it has reconnected;
// then that has another ticket.
type Ticket struct{ Client, Request uint64 }

// A Letter is an answer to a request that came earlier. To a request that nobody waits for any more it is lost.
type Letter struct {
	To Ticket
	Message
}

// Effects are what a server does upon a message: first it stores the records, then it sends.
type Effects struct {
	Reply   Message   // to the client that sent the message; zero for none, or none yet
	Later   []Letter  // to clients
	Peers   Broadcast // to the other servers, by index; nil for none. The server's own is left out.
	Records []Record
}

// Take lets a server take a message, whether it is a Peer or not.
func Take(s Server, in Incoming, state StateReader) (Effects, error) {
	if peer, ok := s.(Peer); ok {
		return peer.Take(in, state)
	}
	if in.Role == 0 {
		return Effects{}, fmt.Errorf("%w: servers of this protocol send each other nothing", ErrRefused)
	}
	reply, records, err := s.Handle(in.Role, in.Key, in.Message, state)
	return Effects{Reply: reply, Records: records}, err
}

// Streamed is implemented, besides Operation, by operations that take any number of replies of one server to one round.
type Streamed interface {
	// Streams says so of the round. The operation then gets every reply of a server to it, some of them twice.
	Streams(round int) bool
}
