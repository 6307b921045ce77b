package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/protocols"
)

// patience bounds every wait of a test that should end at once.
const patience = 10 * time.Second

const testProtocol = "echo"

// ping and pong are the bodies of a protocol in which servers send the payload back.
type ping struct {
	Text string
}

type pong struct {
	Server int
	Text   string
}

func (*ping) Kind() protocols.Kind { return 1 }
func (*pong) Kind() protocols.Kind { return 2 }

func newPing(k protocols.Kind) protocols.Body {
	if k == 1 {
		return &ping{}
	}
	return nil
}

func newPong(k protocols.Kind) protocols.Body {
	if k == 2 {
		return &pong{}
	}
	return nil
}

func groupKey(server int) []byte { return fmt.Appendf(nil, "group key %d", server) }

// echo returns the payload in a buffer of the request's memory.
func echo(server int) Handler {
	return func(in protocols.Incoming, mem protocols.Memory) (
		protocols.Message, error,
	) {
		out := mem.Bytes(len(in.Payload))
		copy(out, in.Payload)
		body := &pong{Server: server, Text: string(in.Key) + ":" + in.Body.(*ping).Text}
		return protocols.Message{Body: body, Payload: out}, nil
	}
}

func silent(protocols.Incoming, protocols.Memory) (protocols.Message, error) {
	return protocols.Message{}, nil
}

// listen returns a listener on addr, or on a free port if addr is empty.
func listen(t testing.TB, addr string) net.Listener {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// serve runs a server on ln until stop is called, which returns what Serve returned.
func serve(t testing.TB, ln net.Listener, cfg ServerConfig, h Handler) (s *Server, stop func() error) {
	t.Helper()
	cfg.Protocol, cfg.NewBody = testProtocol, newPing
	if cfg.Key == nil {
		cfg.Key = groupKey(cfg.Server)
	}
	s = NewServer(cfg, h)
	result := make(chan error, 1)
	go func() { result <- s.Serve(ln) }()
	stop = sync.OnceValue(func() error {
		s.Close()
		return <-result
	})
	t.Cleanup(func() { _ = stop() })
	return s, stop
}

// cluster starts one server per handler and returns their addresses.
func cluster(t testing.TB, handlers ...Handler) []string {
	t.Helper()
	var addrs []string
	for server, h := range handlers {
		ln := listen(t, "")
		addrs = append(addrs, ln.Addr().String())
		serve(t, ln, ServerConfig{Server: server}, h)
	}
	return addrs
}

// dial connects a writer to the servers.
func dial(t testing.TB, addrs []string, change ...func(*ClientConfig)) *Links {
	t.Helper()
	cfg := ClientConfig{Protocol: testProtocol, Servers: addrs, Role: protocols.Writer, NewBody: newPong}
	for server := range addrs {
		cfg.Keys = append(cfg.Keys, groupKey(server))
	}
	for _, f := range change {
		f(&cfg)
	}
	l := Dial(cfg)
	t.Cleanup(func() { l.Close() })
	return l
}

func connected(t testing.TB, l *Links) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := l.WaitConnected(ctx); err != nil {
		t.Fatal(err)
	}
}

func quiet(t testing.TB, l *Links) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := l.Quiesce(ctx); err != nil {
		t.Fatal(err)
	}
}

func send(t testing.TB, x *Exchange, round, servers int, text string, payload []byte) {
	t.Helper()
	m := protocols.Message{Body: &ping{Text: text}, Payload: payload}
	if err := x.Send(round, protocols.ToAll(servers, m)); err != nil {
		t.Fatal(err)
	}
}

// receive waits for n replies.
func receive(t testing.TB, x *Exchange, n int) []Reply {
	t.Helper()
	var replies []Reply
	for range n {
		select {
		case r := <-x.Replies():
			replies = append(replies, r)
		case <-time.After(patience):
			t.Fatalf("%d of %d replies came", len(replies), n)
		}
	}
	return replies
}

// eventually waits until check is nil.
func eventually(t testing.TB, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := poll(ctx, check); err != nil {
		t.Fatal(err)
	}
}

func fill(p []byte, b byte) []byte { return append(p[:0], bytes.Repeat([]byte{b}, len(p))...) }

// noLeaks fails the test if goroutines that began during it outlive it. It must be the first thing a test does.
func noLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(patience)
		for runtime.NumGoroutine() > before {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("goroutines leak:\n%s", stacks[:runtime.Stack(stacks, true)])
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// A logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// contains returns an error unless the book has the text just n times.
func (b *logBook) contains(text string, n int) error {
	if got := strings.Count(b.String(), text); got != n {
		return fmt.Errorf("%q was logged %d times, not %d, in:\n%w", text, got, n, errors.New(b.String()))
	}
	return nil
}

// poll calls check every millisecond until it returns nil or ctx ends; it then returns both errors.
func poll(ctx context.Context, check func() error) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}
