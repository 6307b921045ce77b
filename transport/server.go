package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// Bounds of a server's work at one time.
const (
	maxRequestsPerConnection = 64
	maxRequestBytes          = 64<<20 + prefixBytes + maxHeaderBytes + maxPayloadBytes // of all clients of one role
)

// ServerConfig describes a server to its clients.
type ServerConfig struct {
	Protocol string  // the protocol's name
	Server   int     // the server's index
	Key      []byte  // the group key k_i, by which writers prove their role; nil to refuse them
	NewBody  NewBody // makes the bodies of requests
	// Congestion is the TCP congestion control by the kernel's name; empty for the system's.
	Congestion string
	Log        *slog.Logger // nil to log nothing
}

// A Handler answers one request; many run at once. The request's payload and buffers of mem live until the reply has
// left. A zero reply is not sent. The error protocols.ErrRefused blames the client, whose connection is closed; any
// other is the server's own and ends it.
type Handler func(from protocols.Role, key protocols.Key, request protocols.Message, mem protocols.Memory) (
	reply protocols.Message, err error)

// A Server accepts the clients' connections and lets a Handler answer their requests.
type Server struct {
	cfg    ServerConfig
	handle Handler
	meter  meter
	quiet  throttle
	// budgets bound the memory of requests by role, so that readers, who may be Byzantine, cannot use up the writers'.
	budgets map[protocols.Role]*semaphore.Weighted

	ctx     context.Context
	end     context.CancelCauseFunc
	serving sync.RWMutex // held shared by Serve, so that Close can wait for it

	conns sync.Map // the open net.Conns
}

// NewServer makes a server that answers with h.
func NewServer(cfg ServerConfig, h Handler) *Server {
	cfg.Log = orDiscard(cfg.Log)
	buffers.fit()
	s := &Server{cfg: cfg, handle: h, budgets: map[protocols.Role]*semaphore.Weighted{
		protocols.Reader: semaphore.NewWeighted(maxRequestBytes),
		protocols.Writer: semaphore.NewWeighted(maxRequestBytes),
	}}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	return s
}

// Serve accepts connections from ln, which it closes in the end, until Close or until the handler fails. It returns when
// the last request has been handled: nil after Close, else the error.
func (s *Server) Serve(ln net.Listener) error {
	s.serving.RLock()
	defer s.serving.RUnlock()
	defer ln.Close()
	if err := setCongestion(ln, s.cfg.Congestion); err != nil {
		return err
	}
	defer context.AfterFunc(s.ctx, func() { ln.Close() })()
	s.accept(ln)
	if err := context.Cause(s.ctx); !errors.Is(err, errServerClosed) {
		return err
	}
	return nil
}

// accept serves the connections to ln until the server ends.
func (s *Server) accept(ln net.Listener) {
	var sessions sync.WaitGroup
	defer sessions.Wait()
	for s.ctx.Err() == nil {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			sessions.Go(func() { s.serve(conn) })
		case s.ctx.Err() == nil && isAny(err,
			syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED):
			s.warn("cannot accept connections for now", "err", err)
			time.Sleep(minPause)
		default:
			s.end(fmt.Errorf("accept connections: %w", err))
		}
	}
}

var errServerClosed = errors.New("server closed")

// Close ends Serve and all connections, and waits until the last request is handled. Handlers must not call it.
func (s *Server) Close() {
	s.end(errServerClosed)
	s.serving.Lock()
	defer s.serving.Unlock()
}

// Reset breaks all connections as a faulty network may, at any byte, and goes on serving: what the kernel has not sent
// is lost, and a TCP reset tells the clients.
func (s *Server) Reset() {
	for conn := range s.conns.Range {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // it may just have been closed
		}
		s.meter.repeats.hangUp(conn.(net.Conn))
	}
}

// Traffic returns the counts of all sockets so far.
func (s *Server) Traffic() Traffic { return s.meter.traffic() }

// Retransmitted is what Links.Retransmitted is, of the server's connections.
func (s *Server) Retransmitted() uint64 { return s.meter.repeats.bytes() }

// Connections returns the number of open connections.
func (s *Server) Connections() (n int) {
	for range s.conns.Range {
		n++
	}
	return n
}

// serve speaks with one client until one of both ends the connection.
func (s *Server) serve(conn net.Conn) {
	s.meter.repeats.join(conn)
	defer s.meter.repeats.hangUp(conn)
	s.conns.Store(conn, nil)
	defer s.conns.Delete(conn)
	defer context.AfterFunc(s.ctx, func() { s.meter.repeats.hangUp(conn) })()
	if err := tune(conn); err != nil {
		s.warn("cannot use a connection", "from", conn.RemoteAddr(), "err", err)
		return
	}
	g := newGreeter(conn, &s.meter)
	role, err := g.answer(hello{Protocol: s.cfg.Protocol, Server: s.cfg.Server}, s.cfg.Key)
	if err == nil {
		session := &session{server: s, conn: conn, role: role, budget: s.budgets[role]}
		err = session.serve(g.frames)
	}
	if s.ctx.Err() == nil && isAny(err, protocols.ErrRefused, errRefused, errFrameTooLarge, errNotOurs) {
		s.warn("closed a client's connection", "from", conn.RemoteAddr(), "err", err)
	}
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// warn logs what clients can cause, at a bounded rate.
func (s *Server) warn(msg string, args ...any) {
	if skipped, ok := s.quiet.pass(time.Now()); ok {
		s.cfg.Log.Warn(msg, append(args, "server", s.cfg.Server+1, "more_not_logged", skipped)...)
	}
}

// A throttle lets one event per second pass.
type throttle struct {
	mu      sync.Mutex
	next    time.Time
	skipped int
}

// pass reports whether the event at now may pass, and how many since the last could not.
func (t *throttle) pass(now time.Time) (skipped int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.next) {
		t.skipped++
		return 0, false
	}
	skipped, t.skipped = t.skipped, 0
	t.next = now.Add(time.Second)
	return skipped, true
}

// A session is a server's side of one connection, after the handshake.
type session struct {
	server *Server
	conn   net.Conn
	role   protocols.Role
	budget *semaphore.Weighted

	writing sync.Mutex // one reply at a time
}

// An incoming request, and the bytes by which it charges the budget.
type incoming struct {
	envelope
	message protocols.Message
	memory  arena
	charge  int64
}

// serve reads requests until the connection ends, and returns when all are answered.
func (s *session) serve(frames *frameReader) error {
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

// receive reads one request. It waits for room in the budget before it takes memory.
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

func (s *session) done(in *incoming) {
	in.memory.release()
	s.budget.Release(in.charge)
}

// answer handles one request and sends the reply. Any error ends the connection; one of the server's own also ends the
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
		s.server.meter.repeats.hangUp(s.conn)
	}
	return err
}

func (s *session) reply(id uint64, m protocols.Message) error {
	var sent error
	err := withFrame(id, "", m, func(frame []byte) error {
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
	n, err := frame.WriteTo(s.conn)
	s.server.meter.sent.add(1, int(n))
	return err
}
