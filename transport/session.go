package transport

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// A session is a server's side of one connection, after the handshake.
type session struct {
	server *Server
	conn   net.Conn
	stream *stream // of conn
	from   hello
	number uint64
	place  *guest
	share  *share

	slots    chan struct{} // taken by requests that have begun to arrive and are not answered
	requests *account
	replies  *account
	letters  chan letter // that come later; nil if the server's protocol has none
	telling  sync.Mutex  // guards told
	told     bool        // all that it will be
	writing  sync.Mutex  // one reply at a time
}

func newSession(s *Server, place *guest, to *stream, from hello) *session {
	return &session{
		server: s, conn: place.conn, stream: to, from: from, number: s.number.Add(1), place: place, share: s.shares[from.Role],
		slots: make(chan struct{}, maxRequestsPerConnection),
	}
}

// An incoming request, and what it and its reply take of the budgets.
type incoming struct {
	envelope
	message protocols.Message
	memory  arena
	held    holding
	reply   holding
}

// serve reads requests until the connection ends, and returns when all are answered.
func (s *session) serve(frames *frameReader) error {
	s.requests, s.replies = s.share.requests.open(s), s.share.replies.open(s)
	defer s.requests.close()
	defer s.replies.close()
	if s.server.cfg.Pairs != nil && s.from.Role != peer {
		defer s.tellLater()()
	}
	requests := newCrew(maxRequestsPerConnection, s.answer)
	for {
		in, err := s.receive(frames)
		if err != nil {
			s.server.meter.repeats.hangUp(s.conn)
			return errors.Join(requests.end(), err)
		}
		requests.give(in)
	}
}

// receive reads one request. It waits until the connection may have another one and until there is memory for it and its
// reply. As only the next request of a connection waits, all connections have their turn.
func (s *session) receive(frames *frameReader) (*incoming, error) {
	s.slots <- struct{}{}
	size, err := frames.size(messageBounds)
	if err != nil {
		return nil, err
	}
	s.place.works(+1)
	in := &incoming{}
	in.memory.init()
	if err = s.makeRoom(in, frames, size); err == nil {
		err = s.read(in, frames, size)
	}
	if err == nil {
		in.held.work(true)
		err = s.awaitTurn(in)
	}
	if err != nil {
		s.done(in)
		return nil, err
	}
	s.server.meter.received.add(1, 0)
	return in, nil
}

// makeRoom takes memory for a request. Where it is scarce, the request must first have begun to arrive.
func (s *session) makeRoom(in *incoming, frames *frameReader, size frameSize) error {
	if err := s.conn.SetReadDeadline(time.Now().Add(frameTimeout)); err != nil {
		return err
	}
	bytes := int64(prefixBytes+size.header) + room(size.payload)
	if s.requests.try(&in.held, bytes) {
		return nil
	}
	if err := frames.await(size.header + size.payload); err != nil {
		return err
	}
	if err := s.requests.take(s.server.ctx, &in.held, bytes); err != nil {
		return err
	}
	return s.conn.SetReadDeadline(time.Now().Add(frameTimeout)) // what it waited was not its fault
}

// awaitTurn takes memory for a reply as large as any to a request of the kind, and a turn for the request's work.
func (s *session) awaitTurn(in *incoming) error {
	if err := s.replies.take(s.server.ctx, &in.reply, s.share.largest(in.Kind)); err != nil {
		return err
	}
	in.reply.work(true)
	s.share.turns.take()
	return nil
}

func (s *session) read(in *incoming, frames *frameReader, size frameSize) error {
	header, err := frames.header(size.header)
	if err != nil {
		return err
	}
	n, err := wire.UnmarshalPrefix(header, &in.envelope)
	if err != nil {
		return fmt.Errorf("%w: %w", protocols.ErrRefused, err)
	}
	if len(in.Key) > protocols.MaxKeyBytes {
		return fmt.Errorf("%w: key of %d bytes", protocols.ErrRefused, len(in.Key))
	}
	body, err := decodeBody(in.envelope, header[n:], s.server.cfg.NewBody)
	if err != nil {
		return fmt.Errorf("%w: %w", protocols.ErrRefused, err)
	}
	if in.message, err = frames.message(body, size, &in.memory); err != nil {
		return err
	}
	return s.conn.SetReadDeadline(time.Time{})
}

// done ends a request whose reply has left, or which has none.
func (s *session) done(in *incoming) {
	in.memory.release()
	in.held.release()
	in.reply.release()
	s.place.works(-1)
	<-s.slots
}

// answer handles one request and sends the reply. Any error ends the connection; one of the server's own also ends the
// server.
func (s *session) answer(in *incoming) error {
	defer s.done(in)
	reply, err := s.work(in)
	switch {
	case err == nil && reply.Body == nil:
		s.share.note(in.Kind, prefixBytes) // it needs no more memory
		return nil
	case err == nil:
		err = s.reply(in, reply)
	case !errors.Is(err, protocols.ErrRefused):
		s.server.end(err)
	}
	if err != nil {
		s.server.meter.repeats.hangUp(s.conn)
	}
	return err
}

func (s *session) work(in *incoming) (protocols.Message, error) {
	defer s.share.turns.give()
	reply, err := s.server.handle(s.incoming(in), &in.memory)
	if err == nil && s.from.Role == peer {
		reply = protocols.Message{Body: &receipt{}} // so that it need not come again
	}
	return reply, err
}

// reply sends the reply to a request. From now on it is up to the client how long both are in memory.
func (s *session) reply(in *incoming, m protocols.Message) error {
	return s.frame(in.ID, m, func(bytes int64) {
		s.share.note(in.Kind, bytes)
		in.held.work(false)
		in.reply.correct(bytes)
	})
}

// frame sends a reply; before that it tells how much memory that takes.
func (s *session) frame(id uint64, m protocols.Message, takes func(bytes int64)) error {
	var sent error
	err := withFrame(id, "", m, func(frame []byte) error {
		takes(int64(len(frame)) + room(len(m.Payload)))
		sent = s.send(net.Buffers{frame, m.Payload})
		return nil
	})
	if err != nil {
		s.server.warn("cannot send a reply", "kind", m.Body.Kind(), "err", err)
	}
	return sent
}

// send writes a frame in one system call, if the kernel takes it.
func (s *session) send(frame net.Buffers) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(frameTimeout)); err != nil {
		return err
	}
	s.server.meter.sent.add(1, 0)
	return s.stream.write(&frame)
}

// host implements holder.
func (s *session) host() string { return s.place.host }

// moved implements holder.
func (s *session) moved() uint64 { return s.place.moved() }

// cut implements holder.
func (s *session) cut() {
	s.server.warn("closed a connection that holds memory for which others wait, and moves too little",
		"from", s.conn.RemoteAddr(), "role", s.from.who())
	s.server.meter.repeats.hangUp(s.conn)
}
