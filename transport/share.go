package transport

import (
	"sync/atomic"

	"github.com/powbench/powbench/protocols"
)

// Bounds of what the connections of one role, or one connection, may take of a server at one time.
const (
	maxRequestsPerConnection = 64
	maxRequestBytes          = 64<<20 + prefixBytes + maxHeaderBytes + maxPayloadBytes // of one role
	maxReplyBytes            = maxRequestBytes                                         // of one role
	maxReadersAtWork         = 256                                                     // requests of readers, so that writers have their turn
	maxConnections           = 2048                                                    // of all roles
)

// A share is what the connections of one role may take of a server.
type share struct {
	requests, replies *budget
	turns             turns
	sizes             [1 << 8]atomic.Int64 // of the largest reply so far in bytes, by the request's kind
}

// newShare is a share with so many turns at a time; 0 for any number.
func newShare(atWork int) *share {
	s := &share{requests: newBudget(maxRequestBytes), replies: newBudget(maxReplyBytes)}
	if atWork > 0 {
		s.turns = make(turns, atWork)
	}
	return s
}

// largest is the memory for a reply to a request of the kind, of which nobody knows yet how large it is: as much as the
// largest had so far, and much before the first has left, but so that all requests of one connection have room.
func (s *share) largest(k protocols.Kind) int64 {
	if bytes := s.sizes[k].Load(); bytes > 0 {
		return bytes
	}
	return (maxReplyBytes - maxReplyBytes/largePart) / maxRequestsPerConnection
}

// note notes how large a reply is.
func (s *share) note(k protocols.Kind, bytes int64) {
	for largest := s.sizes[k].Load(); bytes > largest && !s.sizes[k].CompareAndSwap(largest, bytes); {
		largest = s.sizes[k].Load()
	}
}

// A Use tells what the clients of one role take of a server.
type Use struct {
	Connections  int
	RequestBytes int64  // in memory
	ReplyBytes   int64  // in memory or expected
	Cut          uint64 // connections so far that held memory for which others waited, and moved too little
}

// Use tells what clients of the role take at this time.
func (s *Server) Use(role protocols.Role) Use {
	u := Use{Connections: s.gate.count(role)}
	if of := s.shares[role]; of != nil {
		var requests, replies uint64
		u.RequestBytes, requests = of.requests.state()
		u.ReplyBytes, replies = of.replies.state()
		u.Cut = requests + replies
	}
	return u
}

// Displaced returns how many connections so far had to make room for others.
func (s *Server) Displaced() uint64 {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	return s.gate.outs
}

// Turns are taken by requests that the server is at work on; nil is any number. Who waits gets them in order.
type turns chan struct{}

func (t turns) take() {
	if t != nil {
		t <- struct{}{}
	}
}

func (t turns) give() {
	if t != nil {
		<-t
	}
}
