package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/powbench/powbench/protocols/wire"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/powbench/powbench/protocols"
)

// Bounds of what a server works on at once.
const (
	maxRequestsPerConnection = 64
	maxRequestBytes          = 64<<20 + prefixBytes + maxHeaderBytes + maxPayloadBytes // of all clients of one role
)

// ServerConfig is what a server says of itself to clients.
type ServerConfig struct {
	Protocol string  // the protocol's name
	Server   int     // the server's index
	Key      []byte  // the group key k_i, which proves writers; nil to refuse them
	NewBody  NewBody // makes the bodies of requests
	// Congestion is the TCP congestion control by the kernel's name; empty for the system's.
	Congestion string
	Log        *slog.Logger // nil for none
}

// A Handler answers one request; many run at once. The request's payload and buffers of mem live until the reply has
// left. The zero reply means that none is sent. An error that is protocols.ErrRefused blames the client, whose
// connection is closed; any other is the server's own and ends it.
type Handler func(from protocols.Role, key protocols.Key, request protocols.Message, mem protocols.Memory) (
	reply protocols.Message, err error)

// A Server takes the clients' connections and has their requests answered.
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

	mu    sync.Mutex
	conns map[net.Conn]struct{} // those that are open
}

// NewServer makes a server that answers with h.
func NewServer(cfg ServerConfig, h Handler) *Server {
	cfg.Log = orDiscard(cfg.Log)
	s := &Server{cfg: cfg, handle: h, conns: map[net.Conn]struct{}{}, budgets: map[protocols.Role]*semaphore.Weighted{
		protocols.Reader: semaphore.NewWeighted(maxRequestBytes),
		protocols.Writer: semaphore.NewWeighted(maxRequestBytes),
	}}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	return s
}

// Serve takes connections from ln, which it closes in the end, until Close or until the handler fails. It returns after
// the last request was handled: nil after Close, else the error.
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
		case s.ctx.Err() == nil && passing(err):
			s.warn("cannot accept connections for now", "err", err)
			time.Sleep(minPause)
		default:
			s.end(fmt.Errorf("accept connections: %w", err))
		}
	}
}

var errServerClosed = errors.New("server closed")

// Close ends Serve and all connections, and waits until the last request was handled. Handlers must not call it.
func (s *Server) Close() {
	s.end(errServerClosed)
	s.serving.Lock()
	defer s.serving.Unlock()
}

// Reset breaks all connections as a faulty network may, at any byte, and goes on serving: what the kernel has not sent
// is lost, and the clients are told by a TCP reset.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // it may just have been closed
		}
		conn.Close()
	}
}

// track lets Reset find the connection until the function that it returns is called.
func (s *Server) track(conn net.Conn) (forget func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
	}
}

// Traffic is what went over all sockets so far.
func (s *Server) Traffic() Traffic { return s.meter.traffic() }

// serve speaks with one client until either has enough.
func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	defer s.track(conn)()
	defer context.AfterFunc(s.ctx, func() { conn.Close() })()
	if err := tune(conn); err != nil {
		s.warn("cannot use a connection", "from", conn.RemoteAddr(), "err", err)
		return
	}
	g := newGreeter(conn, &s.meter)
	role, err := g.answer(hello{Protocol: s.cfg.Protocol, Server: s.cfg.Server}, s.cfg.Key)
	if err == nil {
		err = newSession(s, conn, role).serve(g.frames)
	}
	if s.ctx.Err() == nil && blames(err) {
		s.warn("closed a client's connection", "from", conn.RemoteAddr(), "err", err)
	}
}

// blames reports whether err is the client's fault rather than an ordinary end of the connection.
func blames(err error) bool {
	for _, fault := range []error{protocols.ErrRefused, errRefused, errFrameTooLarge, errNotOurs} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// passing reports whether err of Accept is a shortage that may pass.
func passing(err error) bool {
	for _, shortage := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED,
	} {
		if errors.Is(err, shortage) {
			return true
		}
	}
	return false
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
