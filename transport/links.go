package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport/identity"
)

// ClientConfig describes a client process and its servers.
type ClientConfig struct {
	Protocol string   // the protocol's name, which the servers must share
	Servers  []string // addresses (host:port) by server index
	Role     protocols.Role
	Keys     [][]byte // by which the role is proven to each server: the group keys k_i of a writer; nil for a reader
	NewBody  NewBody  // makes the bodies of replies
	// Identity has TLS carry the connections, and says who the client is; nil to speak in the clear.
	Identity *identity.Identity
	// Congestion is the TCP congestion control by the kernel's name; empty for the system's.
	Congestion string
	Log        *slog.Logger // nil to log nothing
}

// bytes is what the two parts of a frame take of TCP.
func (c *ClientConfig) bytes(frame, payload int) int {
	return carriedBytes(c.Identity != nil, frame, payload)
}

// Links are a client process's connections, one to each server. They are safe for concurrent use.
type Links struct {
	cfg   ClientConfig
	index int // of the server whose links they are; −1 of a client's
	meter meter
	links []*link
	ops   atomic.Uint64
	moved bell // rings when a link connects, owes nothing any more, or no more than somebody waits for

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Dial keeps a connection to every server until Close, and returns at once. Failures are logged, once per cause, and
// connecting is tried again.
func Dial(cfg ClientConfig) *Links { return dialAs(cfg, -1) }

// dialAs is Dial of a client or of the server with the index, which does not connect to itself.
func dialAs(cfg ClientConfig, index int) *Links {
	cfg.Log = orDiscard(cfg.Log)
	buffers.fit()
	l := &Links{cfg: cfg, index: index}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for server := range cfg.Servers {
		k := newLink(l, server)
		l.links = append(l.links, k)
		if server == index {
			k.fail(nil) // it is not missed
			continue
		}
		l.running.Go(func() { k.run(l.ctx) })
	}
	return l
}

// WaitConnected waits until all servers are connected. The error names those that are not, and why.
func (l *Links) WaitConnected(ctx context.Context) error {
	return l.moved.await(ctx, func() (time.Duration, error) {
		var missing []error
		for _, k := range l.links {
			if err := k.down(); err != nil {
				missing = append(missing, fmt.Errorf("%s: not connected: %w", k, err))
			}
		}
		return 0, errors.Join(missing...)
	})
}

// Servers is the number of servers.
func (l *Links) Servers() int { return len(l.links) }

// Begin begins the exchange of one operation on key. The caller must End it.
func (l *Links) Begin(key protocols.Key) *Exchange {
	replies := make(chan Reply, protocols.MaxRounds*len(l.links))
	x := &Exchange{links: l, id: l.ops.Add(1), key: key, replies: replies}
	x.memory.init()
	return x
}

// Quiesce waits until no request of an ended exchange is queued or unanswered on a connected link; then Traffic has
// counted all their messages. The error names the servers that still owe replies.
func (l *Links) Quiesce(ctx context.Context) error {
	return l.moved.await(ctx, func() (time.Duration, error) {
		var owing []error
		for _, k := range l.links {
			if n := k.owed(); n > 0 {
				owing = append(owing, fmt.Errorf("%s owes replies to %d requests", k, n))
			}
		}
		return 0, errors.Join(owing...)
	})
}

// Traffic returns the counts of all sockets so far.
func (l *Links) Traffic() Traffic { return l.meter.traffic() }

// Retransmitted is the bytes that the kernel sent more than once, on all connections so far, because TCP took them for lost.
// They are of TCP's payload and not in Traffic.
func (l *Links) Retransmitted() uint64 { return l.meter.repeats.bytes() }

// Close ends the connections and waits for their end. Running exchanges get no more replies, but must still be ended.
func (l *Links) Close() error {
	l.cancel()
	l.running.Wait()
	return nil
}

// Bounds of the wait for a server that lags behind.
const (
	arrearsPatience = 10 * time.Second // however busy it is
	arrearsSilence  = time.Second      // without any reply from it, or a part of one, or of a request that it receives
)

var errArrears = errors.New("a server lags behind")

// Arrears is how many bytes all servers together owe to exchanges that have ended, as CatchUp counts them.
func (l *Links) Arrears() (bytes int64) {
	for _, k := range l.links {
		bytes += k.inArrears()
	}
	return bytes
}

// CatchUp waits until no connected server owes more than maxBytes to exchanges that have ended, and returns whether all
// have caught up. A server owes the request that it has not answered and, as its reply, as many bytes as the largest that
// another server sent in that round. A load calls it before each operation. Without it, what a quorum acknowledged would
// run ahead of what all servers got, by as much as the links hold, and seem to be more than the network carries.
//
// No server holds the caller up for long. CatchUp does not wait for a server over whose connection nothing has moved for a
// second, nor, until it has caught up, for one that could not within ten. A slow link moves bytes all the time, though
// large replies come seldom.
func (l *Links) CatchUp(ctx context.Context, maxBytes int) bool {
	begun, all := time.Now(), true
	check := func() (time.Duration, error) {
		all = true
		for _, k := range l.links {
			lags, hope := k.lag(maxBytes, begun)
			if hope > 0 {
				return hope, errArrears
			}
			all = all && !lags
		}
		return 0, nil
	}
	if _, err := check(); err != nil { // most often there is nothing to wait for
		return l.moved.await(ctx, check) == nil && all
	}
	return all
}

// arrears are the replies that a server owes to exchanges that have ended. Its outbox's lock guards them.
type arrears struct {
	bytes   int       // of requests without reply, and of those replies
	alive   time.Time // when its connection last moved anything, as far as noticed, or the first of these replies became owed
	moved   uint64    // bytes that the connection had moved when a wait last looked
	givenUp bool      // until it has caught up
	awaited int       // the most bytes to which somebody waits for them to sink; -1 for nobody
}

func (a *arrears) add(bytes int) {
	if a.bytes == 0 {
		a.alive = time.Now()
	}
	a.bytes += bytes
}

// settle notes that so many bytes are no longer owed, and reports whether somebody waits for that.
func (a *arrears) settle(bytes int) (awaited bool) {
	a.bytes -= bytes
	if a.bytes > a.awaited {
		return false
	}
	a.awaited = -1
	return true
}

func (o *outbox) inArrears() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return int64(o.arrears.bytes)
}

// lag tells a caller who has waited since begun whether the server owes too much and, if it is not hopeless, how long
// from now the caller may wait for it. The bell rings when the server owes no more than maxBytes.
func (o *outbox) lag(maxBytes int, begun time.Time) (lags bool, hope time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := &o.arrears
	if a.bytes <= maxBytes { // without a connection they are 0
		a.givenUp = false
		return false, 0
	}
	patience := arrearsPatience - time.Since(begun)
	if a.givenUp = a.givenUp || patience <= 0; a.givenUp {
		return true, 0
	}
	if now := moved(o.conn); now != a.moved {
		a.moved, a.alive = now, time.Now()
	}
	a.awaited = max(a.awaited, maxBytes)
	return true, max(0, min(patience, arrearsSilence-time.Since(a.alive)))
}
