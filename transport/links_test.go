package transport

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/protocols"
)

func TestServersEchoEveryRound(t *testing.T) {
	noLeaks(t)
	links := dial(t, cluster(t, echo(0), echo(1), echo(2), echo(3)))
	connected(t, links)
	x := links.Begin("key")
	defer x.End()
	for round := 1; round <= protocols.MaxRounds; round++ {
		payload := fill(x.Memory().Bytes(round*10_000), byte(round))
		send(t, x, round, 4, fmt.Sprint(round), payload)
		var seen [4]bool
		for _, r := range receive(t, x, 4) {
			want := pong{Server: r.Server, Text: fmt.Sprintf("key:%d", round)}
			if r.Round != round || *r.Message.Body.(*pong) != want || seen[r.Server] {
				t.Errorf("round %d: got %+v %+v", round, r, r.Message.Body)
			}
			seen[r.Server] = true
			if !bytes.Equal(r.Message.Payload, payload) {
				t.Errorf("round %d: the payload changed", round)
			}
		}
	}
}

func TestBroadcastsMayDifferByServer(t *testing.T) {
	links := dial(t, cluster(t, echo(0), echo(1), echo(2), echo(3)))
	x := links.Begin("")
	defer x.End()
	same := &ping{Text: "same"}
	few := protocols.Broadcast{
		{Body: same, Payload: []byte("a")}, {}, {Body: same, Payload: []byte("longer")}, {Body: &ping{Text: "other"}},
	}
	widened := protocols.ToAll(4, protocols.Message{Body: &ping{Text: "widened"}})
	for _, b := range []protocols.Broadcast{few, widened} {
		if err := x.Send(1, b); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{":same/a", ":widened/", ":same/longer", ":other/"}
	for _, r := range receive(t, x, 4) {
		if got := r.Message.Body.(*pong).Text + "/" + string(r.Message.Payload); got != want[r.Server] {
			t.Errorf("server %d echoed %q, not %q", r.Server, got, want[r.Server])
		}
	}
	if n := x.Sent().Messages; n != 4 {
		t.Errorf("%d messages were sent: a server was asked twice", n)
	}
}

// A quorum needs neither the server that keeps silent nor the one that is dead.
func TestSilentAndDeadServersHoldNobodyUp(t *testing.T) {
	dead := listen(t, "")
	dead.Close()
	addrs := append(cluster(t, echo(0), silent, echo(2)), dead.Addr().String())
	links := dial(t, addrs)
	for i := range 200 {
		x := links.Begin("key")
		send(t, x, 1, 4, "", fill(x.Memory().Bytes(64<<10), byte(i)))
		receive(t, x, 2)
		x.End()
	}
	eventually(t, func() error {
		if n := links.links[3].owed(); n > 0 {
			return fmt.Errorf("%d requests are kept for a dead server", n)
		}
		return nil
	})
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := links.WaitConnected(short); err == nil || !strings.Contains(err.Error(), "server 4 (") {
		t.Errorf("WaitConnected does not name the dead server: %v", err)
	}
	if err := links.Quiesce(short); err == nil || !strings.Contains(err.Error(), "server 2 (") {
		t.Errorf("Quiesce does not name the silent server: %v", err)
	}
}

func TestRequestsAreSentAgainAfterAReconnect(t *testing.T) {
	noLeaks(t)
	ln := listen(t, "")
	addr := ln.Addr().String()
	_, stop := serve(t, ln, ServerConfig{}, silent)
	links := dial(t, []string{addr})
	connected(t, links)
	x, given := links.Begin("key"), links.Begin("given up")
	defer x.End()
	payload := fill(x.Memory().Bytes(100_000), 7)
	send(t, x, 1, 1, "before", payload)
	send(t, given, 1, 1, "", nil)
	given.End()
	eventually(t, func() error {
		if n := links.Traffic().Sent.Messages; n != 2 {
			return fmt.Errorf("%d messages were sent", n)
		}
		return nil
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	send(t, x, 2, 1, "while down", nil)

	var keys sync.Map
	serve(t, listen(t, addr), ServerConfig{}, func(in protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
		keys.Store(in.Key, true)
		return echo(0)(in, mem)
	})
	rounds := map[int]bool{}
	for _, r := range receive(t, x, 2) {
		rounds[r.Round] = true
		if r.Round == 1 && !bytes.Equal(r.Message.Payload, payload) {
			t.Error("the payload changed")
		}
	}
	if !rounds[1] || !rounds[2] {
		t.Errorf("replies came to rounds %v", rounds)
	}
	if _, ok := keys.Load(protocols.Key("given up")); ok {
		t.Error("an ended exchange's request was sent again")
	}
}

// A server that stops reading costs its own writer only, and Close ends that.
func TestAServerThatDoesNotReadIsBounded(t *testing.T) {
	noLeaks(t)
	links := Dial(ClientConfig{
		Protocol: testProtocol, Role: protocols.Writer, Keys: [][]byte{groupKey(0)}, NewBody: newPong,
		Servers: []string{rogue(t, func(*greeter, *frameReader) error {
			<-t.Context().Done()
			return nil
		})},
	})
	connected(t, links)
	k := links.links[0]
	for range 100 {
		x := links.Begin("key")
		send(t, x, 1, 1, "", x.Memory().Bytes(1<<20))
		x.End()
		k.mu.Lock()
		backlog := k.backlog
		k.mu.Unlock()
		if backlog > maxBacklogBytes {
			t.Fatalf("%d bytes are queued", backlog)
		}
	}
	if links.Traffic().Discarded == 0 {
		t.Error("nothing was discarded")
	}
	links.Close()
}

// All servers get all data, and memory is not used again before they did.
func TestConcurrentExchangesKeepTheirMemory(t *testing.T) {
	var mu sync.Mutex
	got := map[string]int{}
	check := func(server int) Handler {
		return func(in protocols.Incoming, mem protocols.Memory) (
			protocols.Message, error,
		) {
			mark := in.Body.(*ping).Text
			if bytes.Count(in.Payload, []byte(mark)) != len(in.Payload) {
				t.Errorf("server %d: a payload of %q was overwritten", server, mark)
			}
			mu.Lock()
			got[mark]++
			mu.Unlock()
			return echo(server)(in, mem)
		}
	}
	links := dial(t, cluster(t, check(0), check(1), check(2), check(3)))
	connected(t, links)
	const clients, ops = 8, 40
	var running sync.WaitGroup
	for c := range clients {
		running.Go(func() {
			mark := byte('a' + c)
			for range ops {
				x := links.Begin("key")
				send(t, x, 1, 4, string(mark), fill(x.Memory().Bytes(30_000), mark))
				for _, r := range receive(t, x, 3) { // and leave one straggler
					if bytes.Count(r.Message.Payload, []byte{mark}) != 30_000 {
						t.Errorf("client %d: a reply was overwritten", c)
					}
				}
				x.End()
			}
		})
	}
	running.Wait()
	quiet(t, links)
	mu.Lock()
	defer mu.Unlock()
	for mark, n := range got {
		if n != 4*ops {
			t.Errorf("servers got %d requests of client %s, not %d", n, mark, 4*ops)
		}
	}
	if tr := links.Traffic(); tr.Discarded != 0 || tr.Rejected != 0 {
		t.Errorf("discarded %d, rejected %d", tr.Discarded, tr.Rejected)
	}
}

func TestTrafficIsTheSameAtBothEnds(t *testing.T) {
	ln := listen(t, "")
	server, _ := serve(t, ln, ServerConfig{}, echo(0))
	links := dial(t, []string{ln.Addr().String()})
	x := links.Begin("key")
	send(t, x, 1, 1, "hi", make([]byte, 1000))
	receive(t, x, 1)
	if s, r := x.Sent(), x.Received(); s.Messages != 1 || r.Messages != 1 || s.Bytes <= 1000 || r.Bytes <= 1000 {
		t.Errorf("the exchange sent %+v and received %+v", s, r)
	}
	x.End()
	quiet(t, links)
	eventually(t, func() error {
		c, s := links.Traffic(), server.Traffic()
		if c.Sent != s.Received || c.Received != s.Sent {
			return fmt.Errorf("client %+v, server %+v", c, s)
		}
		return nil
	})
	if over := links.Traffic().Sent.Bytes - x.Sent().Bytes; over == 0 || over > 200 {
		t.Errorf("the handshake took %d bytes", over)
	}
}

func TestSendRefusesWhatCannotBeSent(t *testing.T) {
	links := dial(t, cluster(t, echo(0)))
	one := protocols.ToAll(1, protocols.Message{Body: &ping{}})
	huge := protocols.ToAll(1, protocols.Message{Body: &ping{}, Payload: make([]byte, maxPayloadBytes+1)})
	x := links.Begin("key")
	long := links.Begin(protocols.Key(make([]byte, protocols.MaxKeyBytes+1)))
	defer long.End()
	for name, err := range map[string]error{
		"round 0":         x.Send(0, one),
		"too many rounds": x.Send(protocols.MaxRounds+1, one),
		"two servers":     x.Send(1, protocols.ToAll(2, one[0])),
		"a huge payload":  x.Send(1, huge),
		"a long key":      long.Send(1, one),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	x.End()
	x.End() // once more does no harm
	if err := x.Send(1, one); err == nil {
		t.Error("sending after End: no error")
	}
}

func TestCloseGivesUpRunningExchanges(t *testing.T) {
	noLeaks(t)
	links := dial(t, cluster(t, silent))
	connected(t, links)
	x := links.Begin("key")
	send(t, x, 1, 1, "", x.Memory().Bytes(10_000))
	if err := links.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Send(2, protocols.ToAll(1, protocols.Message{Body: &ping{}})); err == nil {
		t.Error("sending after Close: no error")
	}
	x.End()
	if n := x.memory.holders.Load(); n != 0 {
		t.Errorf("memory is still held %d times", n)
	}
}
