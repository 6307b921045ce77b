package transport

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/powbench/powbench/protocols"
)

// A session is a server's side of one connection, after the handshake.
type session struct {
	server *Server
	conn   net.Conn
	role   protocols.Role
	budget *semaphore.Weighted

	writing sync.Mutex // one reply at a time
}

// An incoming request, with the memory it is charged for.
type incoming struct {
	envelope
	message protocols.Message
	memory  arena
	charge  int64
}

func newSession(s *Server, conn net.Conn, role protocols.Role) *session {
	return &session{server: s, conn: conn, role: role, budget: s.budgets[role]}
}

// serve takes requests until the connection ends, and returns when all are done.
func (s *session) serve(frames *frameReader) error {
	var requests errgroup.Group
	requests.SetLimit(maxRequestsPerConnection)
	for {
		in, err := s.receive(frames)
		if err != nil {
			s.conn.Close()
			return errors.Join(requests.Wait(), err)
		}
		requests.Go(func() error { return s.answer(in) })
	}
}

// receive reads one request. It finds room in the budget before it takes memory.
func (s *session) receive(frames *frameReader) (*incoming, error) {
	size, err := frames.size(messageBounds)
	if err != nil {
		return nil, err
	}
	in := &incoming{charge: int64(size.total())}
	if err := s.budget.Acquire(s.server.ctx, in.charge); err != nil {
		return nil, err
	}
	in.memory.init()
	if err := s.read(in, frames, size); err != nil {
		s.done(in)
		return nil, err
	}
	s.server.meter.received.add(1, 0)
	return in, nil
}

func (s *session) read(in *incoming, frames *frameReader, size frameSize) error {
	if err := s.conn.SetReadDeadline(time.Now().Add(frameTimeout)); err != nil {
		return err
	}
	header, err := frames.header(size.header)
	if err != nil {
		return err
	}
	n, err := protocols.UnmarshalPrefix(header, &in.envelope)
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

func (s *session) done(in *incoming) {
	in.memory.release()
	s.budget.Release(in.charge)
}

// answer has one request handled and sends the reply. Any error ends the connection; one of the server's own ends the
// server.
func (s *session) answer(in *incoming) error {
	defer s.done(in)
	reply, err := s.server.handle(s.role, in.Key, in.message, &in.memory)
	switch {
	case err == nil && reply.Body == nil:
		return nil
	case err == nil:
		err = s.reply(in.ID, reply)
	case !errors.Is(err, protocols.ErrRefused):
		s.server.end(err)
	}
	if err != nil {
		s.conn.Close()
	}
	return err
}

func (s *session) reply(id uint64, m protocols.Message) error {
	frame, err := encodeMessage(id, "", m)
	if err != nil {
		s.server.warn("cannot send a reply", "kind", m.Body.Kind(), "err", err)
		return nil
	}
	buffers := net.Buffers{frame, m.Payload}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(frameTimeout)); err != nil {
		return err
	}
	n, err := buffers.WriteTo(s.conn)
	s.server.meter.sent.add(1, int(n))
	return err
}
