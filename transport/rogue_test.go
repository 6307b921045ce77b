package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// rogue accepts one client and does what it likes with the connection.
func rogue(t *testing.T, speak func(g *greeter, f *frameReader) error) (addr string) {
	t.Helper()
	ln := listen(t, "")
	done := make(chan struct{})
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		g := newGreeter(conn, &meter{})
		if _, err = g.answer(hello{Protocol: testProtocol}, roleKeys{group: groupKey(0)}); err == nil {
			err = speak(g, g.frames)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}()
	return ln.Addr().String()
}

func TestRepliesOfARogueServerAreDropped(t *testing.T) {
	text := func(s string) protocols.Message { return protocols.Message{Body: &pong{Text: s}, Payload: []byte("p")} }
	addr := rogue(t, func(g *greeter, f *frameReader) error {
		first, _, err := readMessage(f)
		if err != nil {
			return err
		}
		second, _, err := readMessage(f)
		if err != nil {
			return err
		}
		third, _, err := readMessage(f)
		if err != nil {
			return err
		}
		malformed := encoded(t, third.ID, "", text("x"))
		malformed[len(malformed)-3] = 0xc1 // for the text; msgpack never uses it
		return g.write(bytes.Join([][]byte{
			encoded(t, first.ID+1000, "", text("to no request")),
			{0, 0, 0, 2, 0, 0, 0, 1, 0xc1, 0xc1, 0}, // no envelope
			encoded(t, first.ID, "", text("good")),
			encoded(t, first.ID, "", text("duplicate")),
			encoded(t, second.ID, "", protocols.Message{Body: &ping{}}), // of a kind no reply has
			encoded(t, second.ID, "", text("too late")),
			malformed,
			encoded(t, third.ID, "", text("too late")),
		}, nil))
	})
	links := dial(t, []string{addr})
	x := links.Begin("key")
	defer x.End()
	send(t, x, 1, 1, "", nil)
	send(t, x, 2, 1, "", nil)
	send(t, x, 3, 1, "", nil)
	if r := receive(t, x, 1)[0]; r.Round != 1 || r.Message.Body.(*pong).Text != "good" {
		t.Errorf("got %+v %+v", r, r.Message.Body)
	}
	eventually(t, func() error {
		if n := links.Traffic().Rejected; n != 7 {
			return fmt.Errorf("%d replies were rejected, not 7", n)
		}
		return nil
	})
	if len(x.Replies()) > 0 {
		t.Errorf("delivered: %+v", <-x.Replies())
	}
}

func TestLateRepliesAreReadAndDropped(t *testing.T) {
	release := make(chan struct{})
	slow := func(in protocols.Incoming, mem protocols.Memory) (
		protocols.Message, error,
	) {
		<-release
		return echo(0)(in, mem)
	}
	links := dial(t, cluster(t, slow))
	connected(t, links)
	x := links.Begin("key")
	send(t, x, 1, 1, "", make([]byte, 50_000))
	eventually(t, func() error {
		if links.Traffic().Sent.Messages == 0 {
			return errors.New("not sent")
		}
		return nil
	})
	x.End()
	close(release)
	quiet(t, links)
	if tr := links.Traffic(); tr.Rejected != 0 || x.Received().Messages != 1 {
		t.Errorf("rejected %d, received %+v", tr.Rejected, x.Received())
	}
}

// An exchange that ends while a reply is being read keeps its memory until the reply is in.
func TestMemoryOutlivesAReplyInMidAir(t *testing.T) {
	ended := make(chan struct{})
	addr := rogue(t, func(g *greeter, f *frameReader) error {
		request, _, err := readMessage(f)
		if err != nil {
			return err
		}
		reply := encoded(t, request.ID, "", protocols.Message{Body: &pong{}, Payload: make([]byte, 100_000)})
		if err := g.write(reply[:50_000]); err != nil {
			return err
		}
		<-ended
		return g.write(reply[50_000:])
	})
	links := dial(t, []string{addr})
	x := links.Begin("key")
	send(t, x, 1, 1, "", nil)
	held := func(n int32) {
		t.Helper()
		eventually(t, func() error {
			if got := x.memory.holders.Load(); got != n {
				return fmt.Errorf("memory is held %d times, not %d", got, n)
			}
			return nil
		})
	}
	held(3) // by the exchange, the request and the reply
	x.End()
	held(1)
	close(ended)
	held(0)
}

func TestAnOversizeReplyEndsTheConnection(t *testing.T) {
	addr := rogue(t, func(g *greeter, f *frameReader) error {
		if err := g.write([]byte{0, 0, 0, 1, 255, 255, 255, 255}); err != nil {
			return err
		}
		_, err := f.r.ReadByte()
		return err
	})
	var book logBook
	links := dial(t, []string{addr}, func(c *ClientConfig) { c.Log = book.logger() })
	eventually(t, func() error { return book.contains("exceeds the bounds", 1) })
	links.Close()
}
