package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/powbench/powbench/protocols"
)

// call opens a connection to the server and does the handshake as a reader.
func call(t *testing.T, addr string) *greeter {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	g := newGreeter(conn, &meter{})
	if err := g.call(hello{Protocol: testProtocol, Role: protocols.Reader}, nil); err != nil {
		t.Fatal(err)
	}
	return g
}

// closed waits until the server has closed the connection.
func closed(g *greeter) error {
	_ = g.conn.SetReadDeadline(time.Now().Add(patience))
	_, err := g.frames.r.ReadByte()
	if timeout, ok := errors.AsType[net.Error](err); err == nil || ok && timeout.Timeout() {
		return fmt.Errorf("the connection is still open: %w", err)
	}
	return nil
}

func TestAStorageFailureEndsTheServer(t *testing.T) {
	noLeaks(t)
	broken := errors.New("disk on fire")
	ln := listen(t, "")
	s := NewServer(ServerConfig{Protocol: testProtocol, Key: groupKey(0), NewBody: newPing}, func(protocols.Incoming, protocols.Memory) (protocols.Message, error) {
		return protocols.Message{}, broken
	})
	result := make(chan error, 1)
	go func() { result <- s.Serve(ln) }()
	links := dial(t, []string{ln.Addr().String()})
	x := links.Begin("")
	defer x.End()
	send(t, x, 1, 1, "", nil)
	select {
	case err := <-result:
		if !errors.Is(err, broken) {
			t.Errorf("Serve returned %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Serve goes on")
	}
	s.Close()
}

func TestIncorrectClientsAreClosedAndTheServerLives(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	garbage := make([]byte, 1<<16)
	_, _ = random.Read(garbage)
	garbage[0] = 0xff // a header of 4 GiB
	long := protocols.Key(make([]byte, protocols.MaxKeyBytes+1))
	var book logBook
	ln := listen(t, "")
	s, _ := serve(t, ln, ServerConfig{Log: book.logger()}, func(in protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
		if in.Body.(*ping).Text == "evil" {
			return protocols.Message{}, fmt.Errorf("%w: evil", protocols.ErrRefused)
		}
		return echo(0)(in, mem)
	})
	addr := ln.Addr().String()
	for name, bytes := range map[string][]byte{
		"garbage":         garbage,
		"a huge payload":  {0, 0, 0, 10, 255, 255, 255, 255},
		"no envelope":     {0, 0, 0, 1, 0, 0, 0, 0, 0xc1},
		"an empty header": make([]byte, prefixBytes), // which must not be decoded from what the codec has of another message
		"an unknown kind": encoded(t, 1, "", protocols.Message{Body: &pong{}}),
		"a long key":      encoded(t, 1, long, protocols.Message{Body: &ping{}}),
		"a refused text":  encoded(t, 1, "", protocols.Message{Body: &ping{Text: "evil"}}),
	} {
		g := call(t, addr)
		_ = g.write(bytes) // fails if the server closes before it has read all
		if err := closed(g); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	eventually(t, func() error { return book.contains("closed a client's connection", 1) }) // one a second
	stranger, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if _, err := stranger.Write(garbage); err != nil {
		t.Log(err)
	}
	links := dial(t, []string{addr})
	x := links.Begin("")
	defer x.End()
	send(t, x, 1, 1, "good", nil)
	receive(t, x, 1)
	eventually(t, func() error {
		if n := s.Traffic().Sent.Messages; n != 1 {
			return fmt.Errorf("the server sent %d replies", n)
		}
		return nil
	})
}

func TestRequestsOfOneConnectionAreBounded(t *testing.T) {
	var running atomic.Int32
	release := make(chan struct{})
	links := dial(t, cluster(t, func(protocols.Incoming, protocols.Memory) (protocols.Message, error) {
		if n := running.Add(1); n > maxRequestsPerConnection {
			t.Errorf("%d requests run at once", n)
		}
		<-release
		running.Add(-1)
		return protocols.Message{Body: &pong{}}, nil
	}))
	connected(t, links) // while there is no connection, ended exchanges send nothing
	for range 2 * maxRequestsPerConnection {
		x := links.Begin("")
		send(t, x, 1, 1, "", nil)
		x.End()
	}
	eventually(t, func() error {
		if n := running.Load(); n != maxRequestsPerConnection {
			return fmt.Errorf("%d requests run", n)
		}
		return nil
	})
	close(release)
	quiet(t, links)
}

// Readers who announce much and send nothing cannot keep a writer out.
func TestStalledReadersDoNotTakeTheWritersBudget(t *testing.T) {
	addrs := cluster(t, echo(0))
	prefix := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1), maxPayloadBytes)
	for range maxRequestBytes/maxPayloadBytes + 1 {
		if err := call(t, addrs[0]).write(prefix); err != nil {
			t.Fatal(err)
		}
	}
	links := dial(t, addrs)
	x := links.Begin("")
	defer x.End()
	payload := x.Memory().Bytes(protocols.MaxValueBytes)
	for round := range maxRequestBytes/maxPayloadBytes + 1 { // what was handled no longer counts
		send(t, x, round+1, 1, "", payload)
		receive(t, x, 1)
	}
}

// stalled is how long a server bears a client who does as client says after the handshake, on a clock of its own.
func stalled(t *testing.T, client func(g *greeter)) (took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(ServerConfig{Protocol: testProtocol, NewBody: newPing}, echo(0))
		defer s.Close()
		near, far := net.Pipe()
		var serving sync.WaitGroup
		serving.Go(func() { s.serve(s.admit(far)) })
		g := newGreeter(near, &meter{})
		if err := g.call(hello{Protocol: testProtocol, Role: protocols.Reader}, nil); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		client(g)
		serving.Wait()
		took = time.Since(begun)
		near.Close()
	})
	return took
}

func TestClientsThatStallAreClosed(t *testing.T) {
	request := encoded(t, 1, "", protocols.Message{Body: &ping{}, Payload: make([]byte, 100)})
	for name, bytes := range map[string][]byte{
		"reads no reply":          request,
		"ends within the payload": request[:len(request)-1],
		"ends within the header":  request[:prefixBytes+1],
	} {
		if took := stalled(t, func(g *greeter) { _ = g.write(bytes) }); took != frameTimeout {
			t.Errorf("a client that %s was closed after %v", name, took)
		}
	}
}

func TestCloseEndsServeAndItsConnections(t *testing.T) {
	noLeaks(t)
	ln := listen(t, "")
	s, stop := serve(t, ln, ServerConfig{}, echo(0))
	g := call(t, ln.Addr().String())
	s.Close()
	if err := stop(); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if err := closed(g); err != nil {
		t.Error(err)
	}
	if err := s.Serve(listen(t, "")); err != nil {
		t.Errorf("Serve after Close returned %v", err)
	}
}

// A reset breaks connections in the midst of what they carry. The clients come back, and what was under way is sent
// again and answered.
func TestResetBreaksConnectionsAndTheServerLives(t *testing.T) {
	noLeaks(t)
	ln := listen(t, "")
	held, free := make(chan struct{}, 1), make(chan struct{})
	answer := echo(0)
	s, _ := serve(t, ln, ServerConfig{}, func(in protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
		select {
		case held <- struct{}{}: // the first request is being handled while the connection breaks
			<-free
		default:
		}
		return answer(in, mem)
	})
	links := dial(t, []string{ln.Addr().String()})
	connected(t, links)
	g := call(t, ln.Addr().String())
	x := links.Begin("key")
	defer x.End()
	send(t, x, 1, 1, "hello", []byte("payload"))
	eventually(t, func() error {
		if len(held) == 0 {
			return errors.New("not handled yet")
		}
		return nil
	})
	s.Reset()
	close(free)
	if err := closed(g); err != nil {
		t.Error(err)
	}
	if got := receive(t, x, 1); string(got[0].Message.Payload) != "payload" {
		t.Errorf("reply %+v", got[0])
	}
	eventually(t, func() error {
		open := 0
		for range s.conns.Range {
			open++
		}
		if open != 1 {
			return fmt.Errorf("the server remembers %d connections, one is open", open)
		}
		return nil
	})
}

func TestServeRefusesAnUnknownCongestionControl(t *testing.T) {
	s := NewServer(ServerConfig{Congestion: "warp"}, silent)
	if err := s.Serve(listen(t, "")); err == nil {
		t.Error("no error")
	}
}

func TestAThrottleLetsOneASecondPass(t *testing.T) {
	var q throttle
	now := time.Unix(1000, 0)
	for i, c := range []struct {
		after   time.Duration
		skipped int
		ok      bool
	}{{0, 0, true}, {0, 0, false}, {time.Second - 1, 0, false}, {time.Second, 2, true}, {2 * time.Second, 0, true}} {
		if skipped, ok := q.pass(now.Add(c.after)); skipped != c.skipped || ok != c.ok {
			t.Errorf("event %d: %d %v", i, skipped, ok)
		}
	}
}
