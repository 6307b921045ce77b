package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/powbench/powbench/protocols"
)

// announce begins a request with a payload of so many bytes on a connection of a reader, and never sends it.
func announce(t *testing.T, addr string, payload int) {
	t.Helper()
	prefix := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1), uint32(payload))
	if err := call(t, addr).write(prefix); err != nil {
		t.Fatal(err)
	}
}

func asReader(c *ClientConfig) { c.Role, c.Keys = protocols.Reader, nil }

// Readers who announce much and send nothing keep no other reader out, neither with small requests nor with large ones.
func TestStalledReadersKeepNobodyOut(t *testing.T) {
	addrs := cluster(t, echo(0))
	for range 60 {
		announce(t, addrs[0], maxPayloadBytes)
	}
	links := dial(t, addrs, asReader)
	x := links.Begin("")
	defer x.End()
	for round, bytes := range []int{10, protocols.MaxValueBytes, 10} {
		send(t, x, round+1, 1, "", x.Memory().Bytes(bytes))
		receive(t, x, 1)
	}
}

// What a reader asks for and does not read takes no more memory than replies may, once the server has seen one as large.
func TestRepliesHaveABudget(t *testing.T) {
	const bytes = 16 << 20
	var made atomic.Int64
	large := func(_ protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
		made.Add(1)
		return protocols.Message{Body: &pong{}, Payload: mem.Bytes(bytes)}, nil
	}
	ln := listen(t, "")
	s, _ := serve(t, ln, ServerConfig{}, large)
	addrs := []string{ln.Addr().String()}
	honest := dial(t, addrs, asReader)
	ask := func() {
		x := honest.Begin("")
		defer x.End()
		send(t, x, 1, 1, "", nil)
		receive(t, x, 1)
	}
	ask()
	frame, err := encodeMessage(1, "", protocols.Message{Body: &ping{}})
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		g := call(t, addrs[0])
		for range maxRequestsPerConnection {
			if err := g.write(frame); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, func() error {
		if n := made.Load(); n < 5 {
			return fmt.Errorf("%d replies are made", n)
		}
		return nil
	})
	for range 100 {
		if u := s.Use(protocols.Reader); u.ReplyBytes > maxReplyBytes {
			t.Fatalf("%d bytes of replies are in memory for clients who do not read", u.ReplyBytes)
		}
		time.Sleep(time.Millisecond)
	}
	ask() // in the place of those who are still
}

// A flood of readers' requests leaves the server hands for a writer's.
func TestReadersAtWorkAreBounded(t *testing.T) {
	var atWork, most atomic.Int64
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	work := func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		if in.Role == protocols.Reader && in.Body.(*ping).Text == "" {
			n := atWork.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); {
				old = most.Load()
			}
			<-release
			atWork.Add(-1)
		}
		return protocols.Message{Body: &pong{}}, nil
	}
	addrs := cluster(t, work)
	t.Cleanup(free) // before the servers end, which wait for their handlers
	first := dial(t, addrs, asReader).Begin("")
	send(t, first, 1, 1, "at once", nil) // shows how large replies are
	receive(t, first, 1)
	first.End()
	frame, err := encodeMessage(1, "", protocols.Message{Body: &ping{}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * maxReadersAtWork / maxRequestsPerConnection {
		g := call(t, addrs[0])
		for range maxRequestsPerConnection {
			if err := g.write(frame); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, func() error {
		if n := atWork.Load(); n < maxReadersAtWork {
			return fmt.Errorf("%d are at work", n)
		}
		return nil
	})
	x := dial(t, addrs).Begin("")
	defer x.End()
	send(t, x, 1, 1, "", nil)
	receive(t, x, 1)
	if n := most.Load(); n != maxReadersAtWork {
		t.Errorf("%d requests of readers were at work at once", n)
	}
}

// When all places are taken, idle readers make room, those first of whom one address has most, and writers do not.
func TestGate(t *testing.T) {
	g := newGate(4)
	enter := func(host string, role protocols.Role) *guest {
		t.Helper()
		in, _ := g.enter(fakeConn(host))
		if in == nil {
			t.Fatalf("no place for one from %s", host)
		}
		in.is(role)
		return in
	}
	first, second, alone, writer := enter("a", protocols.Reader), enter("a", protocols.Reader), enter("b", protocols.Reader), enter("a", protocols.Writer)
	first.since.Store(1)
	second.since.Store(2)
	alone.since.Store(0)
	first.works(1)
	if _, out := g.enter(fakeConn("c")); out != second {
		t.Errorf("%+v made room, want the idle reader at the address with most", out)
	}
	first.works(-1)
	first.since.Store(1)
	if _, out := g.enter(fakeConn("c")); out != first {
		t.Errorf("%+v made room, want the reader that is idle now", out)
	}
	for x := range g.guests {
		if x != writer {
			x.works(1)
		}
	}
	if in, out := g.enter(fakeConn("d")); in != nil || out != nil {
		t.Errorf("a place in that of %+v, though all are at work or trusted", out)
	}
	g.leave(writer)
	if in, out := g.enter(fakeConn("d")); in == nil || out != nil {
		t.Errorf("no place, though one has left")
	}
}

// fakeConn is a connection from an address, and nothing else.
func fakeConn(host string) net.Conn { return at{addr: fakeAddr(host + ":1")} }

type at struct {
	net.Conn
	addr net.Addr
}

func (a at) RemoteAddr() net.Addr { return a.addr }

type fakeAddr string

func (fakeAddr) Network() string  { return "tcp" }
func (a fakeAddr) String() string { return string(a) }

// Idle connections of readers do not keep an honest one out, whatever their number.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	ln := listen(t, "")
	s := NewServer(ServerConfig{Protocol: testProtocol, NewBody: newPing, Key: groupKey(0)}, echo(0))
	s.gate = newGate(8)
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	defer func() {
		s.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	addrs := []string{ln.Addr().String()}
	writer := dial(t, addrs)
	connected(t, writer)
	for range 50 {
		call(t, addrs[0])
	}
	for _, links := range []*Links{writer, dial(t, addrs, asReader)} {
		x := links.Begin("")
		send(t, x, 1, 1, "", nil)
		receive(t, x, 1)
		x.End()
	}
	if n := s.Connections(); n > 8 {
		t.Errorf("%d connections in 8 places", n)
	}
}

// A request that has been on its way for long keeps no place for a reader.
func TestStalledRequestsMakeRoom(t *testing.T) {
	g := newGate(2)
	for range 2 {
		in, _ := g.enter(fakeConn("a"))
		in.is(protocols.Reader)
		in.works(1)
	}
	now := time.Now()
	if x := g.idlest(now); x != nil {
		t.Errorf("%+v is idle, though it has just begun", x)
	}
	if x := g.idlest(now.Add(2 * idleAfter)); x == nil {
		t.Error("nobody is idle after a long time")
	}
}

// A connection keeps no memory for the next header because the last was large.
func TestLargeHeadersAreNotKept(t *testing.T) {
	f := newFrameReader(bytes.NewReader(make([]byte, 2*maxHeaderBytes)))
	for _, n := range []int{10, maxHeaderBytes, 5, readBufferBytes, 100} {
		if header, err := f.header(n); len(header) != n || err != nil {
			t.Errorf("a header of %d bytes has %d, %v", n, len(header), err)
		}
		if len(f.scratch) > readBufferBytes {
			t.Errorf("after a header of %d bytes %d are kept", n, len(f.scratch))
		}
	}
}
