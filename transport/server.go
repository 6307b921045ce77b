package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport/identity"
)

// ServerConfig describes a server to its clients.
type ServerConfig struct {
	Protocol string // the protocol's name
	Server   int    // the server's index
	Key      []byte // the group key k_i, by which writers prove their role; nil to refuse them
	// Pairs are the keys k_i1 … k_iS by which other servers prove who they are; nil to refuse them.
	Pairs   [][]byte
	NewBody NewBody // makes the bodies of requests
	// Identity has TLS carry the connections: clients are then what their certificates say. Nil to speak in the clear.
	Identity *identity.Identity
	// Congestion is the TCP congestion control by the kernel's name; empty for the system's.
	Congestion string
	Log        *slog.Logger // nil to log nothing
}

// A Handler takes one request of a client, or one message of another server; many run at once. Its payload and buffers of
// mem live until the reply has left. A zero reply is not sent, and may come later by Tell; to another server none is. The
// error protocols.ErrRefused blames the sender, whose connection is closed; any other is the server's own and ends it.
type Handler func(in protocols.Incoming, mem protocols.Memory) (reply protocols.Message, err error)

// A Server accepts the clients' connections and lets a Handler answer their requests.
type Server struct {
	cfg    ServerConfig
	handle Handler
	meter  meter
	quiet  throttle
	gate   *gate
	// shares bound by role what clients may take, so that readers, who may be Byzantine, cannot use up the others'.
	shares map[protocols.Role]*share

	ctx     context.Context
	end     context.CancelCauseFunc
	serving sync.RWMutex // held shared by Serve, so that Close can wait for it

	conns    sync.Map      // the open net.Conns → the *x509.Certificate that each has shown; nil for none
	sessions sync.Map      // number → *session, as tickets name it
	number   atomic.Uint64 // of the last session
}

// NewServer makes a server that answers with h.
func NewServer(cfg ServerConfig, h Handler) *Server {
	cfg.Log = orDiscard(cfg.Log)
	buffers.fit()
	s := &Server{cfg: cfg, handle: h, gate: newGate(connectionRoom()), shares: map[protocols.Role]*share{
		protocols.Reader: newShare(maxReadersAtWork), protocols.Writer: newShare(0), peer: newShare(0),
	}}
	s.number.Store(rand.Uint64()) // tickets outlive the process, and must not name a session of the next one
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
	defer s.reviewAlways()()
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
			if place := s.admit(conn); place != nil {
				sessions.Go(func() { s.serve(place) })
			}
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

// admit gives a new connection a place. If there is none it closes the connection and returns nil.
func (s *Server) admit(conn net.Conn) *guest {
	place, out := s.gate.enter(conn)
	if place == nil {
		conn.Close()
		s.warn("no place for a connection: all are of writers, or at work", "from", conn.RemoteAddr())
	}
	if out != nil {
		s.meter.repeats.hangUp(out.conn)
		s.warn("an idle connection had to make room for another", "from", out.conn.RemoteAddr())
	}
	return place
}

// serve speaks with one client until one of both ends the connection.
func (s *Server) serve(place *guest) {
	conn := place.conn
	defer s.gate.leave(place)
	s.meter.repeats.join(conn)
	defer s.meter.repeats.hangUp(conn)
	s.conns.Store(conn, (*x509.Certificate)(nil))
	defer s.conns.Delete(conn)
	defer context.AfterFunc(s.ctx, func() { s.meter.repeats.hangUp(conn) })()
	if err := tune(conn); err != nil {
		s.warn("cannot use a connection", "from", conn.RemoteAddr(), "err", err)
		return
	}
	g := newGreeter(conn, &s.meter)
	g.identity = s.cfg.Identity
	h, err := g.answer(hello{Protocol: s.cfg.Protocol, Server: s.cfg.Server}, roleKeys{s.cfg.Key, s.cfg.Pairs})
	if err == nil {
		place.is(h.Role)
		if shown := g.stream.shown(); len(shown) > 0 {
			s.conns.Store(conn, shown[0])
		}
		err = newSession(s, place, g.stream, h).serve(g.frames)
	}
	if s.ctx.Err() == nil && isAny(err, protocols.ErrRefused, errRefused, errFrameTooLarge, errNotOurs) {
		s.warn("closed a client's connection", "from", conn.RemoteAddr(), "role", h.who(), "err", err)
	}
}

// reviewEvery is how often a server looks whether its clients' certificates still count.
const reviewEvery = 5 * time.Second

// reviewAlways reviews the connections until what it returns is called.
func (s *Server) reviewAlways() (end func()) {
	if s.cfg.Identity == nil {
		return func() {}
	}
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(reviewEvery)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				s.review()
			}
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}

// review ends the connections whose certificates have expired or were revoked since they began.
func (s *Server) review() {
	for conn, shown := range s.conns.Range {
		own := shown.(*x509.Certificate)
		if own == nil { // its handshake is not over
			continue
		}
		if err := s.cfg.Identity.Lapsed(own); err != nil {
			s.warn("closed a client's connection", "from", conn.(net.Conn).RemoteAddr(), "err", err)
			s.meter.repeats.hangUp(conn.(net.Conn))
		}
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
