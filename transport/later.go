package transport

import (
	"github.com/powbench/powbench/protocols"
)

// maxLetters is how many answers may wait for a client to read them. What is beyond is lost, as is what finds no room in the
// memory for replies: it was not reading.
const maxLetters = 1 << 10

// A letter is an answer that waits, and what it takes of the budget.
type letter struct {
	protocols.Letter
	held *holding
}

// Tell answers a request that was handled earlier, if its connection is still there, and does not wait. The letter's
// message must not change afterwards; a zero one is not sent, as with a Handler's reply.
func (s *Server) Tell(l protocols.Letter) {
	if l.Body == nil {
		return
	}
	if to, there := s.sessions.Load(l.To.Client); there {
		to.(*session).tell(l)
	}
}

func (s *session) tell(l protocols.Letter) {
	s.telling.Lock()
	defer s.telling.Unlock()
	held := new(holding)
	if s.told || !s.replies.try(held, prefixBytes+room(len(l.Payload))) {
		return
	}
	select {
	case s.letters <- letter{l, held}:
	default:
		held.release()
	}
}

// tellLater sends the session's letters until what it returns is called.
func (s *session) tellLater() (end func()) {
	s.letters = make(chan letter, maxLetters)
	s.server.sessions.Store(s.number, s)
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-over:
				return
			case l := <-s.letters:
				err := s.frame(l.To.Request, l.Message, func(int64) {})
				l.held.release()
				if err != nil {
					s.server.meter.repeats.hangUp(s.conn) // then the session ends, and calls end
				}
			}
		}
	}()
	return func() {
		s.server.sessions.Delete(s.number)
		close(over)
		<-ended
		s.telling.Lock()
		defer s.telling.Unlock()
		s.told = true
		for len(s.letters) > 0 {
			(<-s.letters).held.release()
		}
	}
}

// incoming is a request as an automaton takes it.
func (s *session) incoming(in *incoming) protocols.Incoming {
	m := protocols.Incoming{Key: in.Key, Message: in.message}
	if s.from.Role == peer {
		m.Server = s.from.From
		return m
	}
	m.Role, m.Ticket = s.from.Role, protocols.Ticket{Client: s.number, Request: in.ID}
	return m
}

// A receipt tells a server that another one has taken its message and made durable what it stored for it.
type receipt struct{}

// Kind implements protocols.Body: no protocol's kinds begin with 0.
func (*receipt) Kind() protocols.Kind { return 0 }

// Peers are a server's connections to the others.
type Peers struct{ links *Links }

// DialPeers keeps a connection to every server but that of the index, as which it speaks. The configuration's keys are
// those that this server shares with each.
func DialPeers(cfg ClientConfig, index int) *Peers {
	cfg.Role = peer
	return &Peers{dialAs(cfg, index)}
}

// Post sends each server its message, and again over each new connection until the server has taken it, at least once. It
// does not wait. The memory of the messages is free when it returns. To a server that takes nothing for long, more than an
// outbox keeps, messages are lost.
func (p *Peers) Post(key protocols.Key, b protocols.Broadcast) error {
	x := &Exchange{links: p.links, id: p.links.ops.Add(1), key: key}
	x.memory.init()
	defer x.End()
	var last, kept []byte // most messages of a broadcast have one payload
	own := make(protocols.Broadcast, len(b))
	for i, m := range b {
		if len(m.Payload) > 0 && (len(last) != len(m.Payload) || &last[0] != &m.Payload[0]) {
			last, kept = m.Payload, x.memory.Bytes(len(m.Payload))
			copy(kept, m.Payload)
		}
		if own[i] = m; len(m.Payload) > 0 {
			own[i].Payload = kept
		}
	}
	return x.Send(1, own)
}

// Traffic returns the counts of all sockets so far.
func (p *Peers) Traffic() Traffic { return p.links.Traffic() }

// Links are the same connections, to wait until they are at rest.
func (p *Peers) Links() *Links { return p.links }

// Close ends the connections and waits for their end.
func (p *Peers) Close() error { return p.links.Close() }
