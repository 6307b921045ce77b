package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// The pause before the next attempt to connect grows from minPause to maxPause, until a connection has lasted steady.
const (
	minPause = 20 * time.Millisecond
	maxPause = time.Second
	steady   = time.Second
)

// A link leads to one server, through one connection after the other.
type link struct {
	cfg    *ClientConfig
	index  int // of the server whose link it is; −1 of a client's
	server int
	outbox

	failure atomic.Pointer[error] // why there is no connection; to nil if there is one
}

func newLink(links *Links, server int) *link {
	l := &link{cfg: &links.cfg, index: links.index, server: server}
	l.keeps = links.index >= 0
	l.outbox.init(&links.meter, &links.moved)
	l.fail(errors.New("no answer yet"))
	return l
}

func (l *link) String() string {
	return fmt.Sprintf("server %d (%s)", l.server+1, l.cfg.Servers[l.server])
}

func (l *link) fail(err error) { l.failure.Store(&err) }

func (l *link) down() error { return *l.failure.Load() }

// run keeps the link connected until ctx ends.
func (l *link) run(ctx context.Context) {
	defer l.close()
	logged, pause := "", minPause
	for {
		begun := time.Now()
		err := cause(l.connect(ctx))
		if ctx.Err() != nil {
			return
		}
		l.fail(err)
		if time.Since(begun) > steady {
			logged, pause = "", minPause
		}
		if err.Error() != logged {
			logged = err.Error()
			l.cfg.Log.Warn("no connection; trying again", "server", l.server+1, "addr", l.cfg.Servers[l.server], "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		pause = min(2*pause, maxPause)
	}
}

// connect serves one connection from beginning to end and returns the reason of its end.
func (l *link) connect(ctx context.Context) error {
	dialer := net.Dialer{Timeout: handshakeTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", l.cfg.Servers[l.server])
	if err != nil {
		return err
	}
	repeats := &l.meter.repeats
	repeats.join(conn)
	defer repeats.hangUp(conn)
	defer context.AfterFunc(ctx, func() { repeats.hangUp(conn) })()
	g, err := l.greet(conn)
	if err != nil {
		return err
	}
	l.cfg.Log.Debug("connected", "server", l.server+1, "addr", l.cfg.Servers[l.server])
	return l.converse(ctx, g)
}

// converse sends requests and reads replies until either fails.
func (l *link) converse(ctx context.Context, g *greeter) error {
	connection := l.open(g.conn)
	l.fail(nil)
	l.moved.ring()
	group, ctx := errgroup.WithContext(ctx)
	defer l.cut(connection)
	defer context.AfterFunc(ctx, func() {
		l.meter.repeats.hangUp(g.conn)
		l.cut(connection)
	})()
	group.Go(func() error { return l.write(g.stream, connection) })
	group.Go(func() error { return l.read(g.frames) })
	return group.Wait()
}

func (l *link) greet(conn net.Conn) (*greeter, error) {
	if err := errors.Join(tune(conn), setCongestion(conn, l.cfg.Congestion)); err != nil {
		return nil, err
	}
	var key []byte
	if l.server < len(l.cfg.Keys) {
		key = l.cfg.Keys[l.server]
	}
	g := newGreeter(conn, l.meter)
	g.identity = l.cfg.Identity
	return g, g.call(hello{Protocol: l.cfg.Protocol, Server: l.server, Role: l.cfg.Role, From: max(l.index, 0)}, key)
}

// write sends queued requests until the connection ends.
func (l *link) write(to *stream, connection uint64) error {
	var batch []*request
	var room, buffers net.Buffers
	for {
		batch = l.take(connection, batch[:0])
		if len(batch) == 0 {
			return net.ErrClosed
		}
		buffers = room[:0]
		for _, r := range batch {
			buffers = append(buffers, r.frame)
			if len(r.payload) > 0 {
				buffers = append(buffers, r.payload)
			}
		}
		room = buffers // write consumes buffers
		err := to.write(&buffers)
		if err == nil {
			l.meter.sent.add(len(batch), 0)
		}
		l.written(batch)
		if err != nil {
			return err
		}
	}
}

// read reads replies until the connection ends.
func (l *link) read(frames *frameReader) error {
	for {
		size, err := frames.size(messageBounds)
		if err == nil {
			err = l.readReply(frames, size)
		}
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
	}
}

func (l *link) readReply(frames *frameReader, size frameSize) error {
	l.meter.received.add(1, 0)
	header, err := frames.header(size.header)
	if err != nil {
		return err
	}
	var e envelope
	n, err := wire.UnmarshalPrefix(header, &e)
	if err != nil {
		return l.reject(frames, size)
	}
	r, replies := l.find(e.ID)
	if r == nil && l.late(e.ID) {
		return frames.skip(size.payload)
	}
	if r == nil {
		return l.reject(frames, size)
	}
	var m protocols.Message
	if replies == nil {
		err = frames.skip(size.payload)
	} else {
		defer r.exchange.memory.release()
		m, err = l.message(frames, size, e, header[n:], &r.exchange.memory)
	}
	if err != nil {
		return err // within the reply: it will come again
	}
	r.exchange.replied(r.round, l.cfg.bytes(prefixBytes+size.header, size.payload))
	l.settle(r)
	if m.Body != nil {
		select { // there is room, unless the round is streamed
		case replies <- Reply{Round: r.round, Server: l.server, Message: m}:
		case <-r.exchange.over:
		}
	}
	return nil
}

// message reads a reply, or skips a malformed one. Even that is the server's only answer: no correct server sends it, and
// this one would send it again.
func (l *link) message(frames *frameReader, size frameSize, e envelope, data []byte, mem protocols.Memory) (
	protocols.Message, error,
) {
	body, err := decodeBody(e, data, l.cfg.NewBody)
	if err != nil {
		return protocols.Message{}, l.reject(frames, size)
	}
	return frames.message(body, size, mem)
}

func (l *link) reject(frames *frameReader, size frameSize) error {
	l.meter.rejected.Add(1)
	return frames.skip(size.payload)
}

// cause returns err without the ports and addresses that differ from one attempt to the next.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
