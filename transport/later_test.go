package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/protocols"
)

func pairKey(i, j int) []byte { return fmt.Appendf(nil, "pair key %d %d", min(i, j), max(i, j)) }

func pairKeys(i, n int) (all [][]byte) {
	for j := range n {
		all = append(all, pairKey(i, j))
	}
	return all
}

// talkers are servers that know each other.
func talkers(t *testing.T, handlers ...Handler) (addrs []string, servers []*Server) {
	t.Helper()
	for i, h := range handlers {
		ln := listen(t, "")
		addrs = append(addrs, ln.Addr().String())
		s, _ := serve(t, ln, ServerConfig{Server: i, Pairs: pairKeys(i, len(handlers))}, h)
		servers = append(servers, s)
	}
	return addrs, servers
}

// dialPeers connects a server of that index to all others.
func dialPeers(t *testing.T, index int, addrs []string, change ...func(*ClientConfig)) *Peers {
	t.Helper()
	cfg := ClientConfig{Protocol: testProtocol, Servers: addrs, Keys: pairKeys(index, len(addrs)), NewBody: newPong}
	for _, f := range change {
		f(&cfg)
	}
	p := DialPeers(cfg, index)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// What a server posts comes to all others, under its index, with a payload that the sender may reuse at once, and never to
// itself.
func TestPost(t *testing.T) {
	got := make(chan protocols.Incoming, 8)
	note := func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		in.Payload = bytes.Clone(in.Payload)
		got <- in
		return protocols.Message{}, nil
	}
	self := func(protocols.Incoming, protocols.Memory) (protocols.Message, error) {
		t.Error("a server sent itself something")
		return protocols.Message{}, nil
	}
	addrs, _ := talkers(t, note, self, note)
	peers := dialPeers(t, 1, addrs)
	payload := []byte("fragment")
	post := protocols.ToAll(3, protocols.Message{Body: &ping{Text: "echo"}, Payload: payload})
	post[1] = protocols.Message{}
	if err := peers.Post("key", post); err != nil {
		t.Fatal(err)
	}
	clear(payload)
	for range 2 {
		in := <-got
		if in.Role != 0 || in.Server != 1 || in.Key != "key" || string(in.Payload) != "fragment" || in.Body.(*ping).Text != "echo" {
			t.Errorf("%+v came", in)
		}
	}
	quiet(t, peers.Links())
	if n := peers.Traffic(); n.Sent.Messages != 2 || n.Received.Messages != 2 || n.Rejected+n.Discarded != 0 {
		t.Errorf("2 messages and their receipts count as %+v", n)
	}
}

// A server that was down, or whose connection broke before it took a message, gets it afterwards.
func TestPostComesAgain(t *testing.T) {
	got := make(chan string, 8)
	note := func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		got <- in.Body.(*ping).Text
		return protocols.Message{}, nil
	}
	addrs, _ := talkers(t, silent, note)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addrs[1] = ln.Addr().String()
	_ = ln.Close() // nobody listens there now
	peers := dialPeers(t, 0, addrs)
	message := func(text string) protocols.Broadcast {
		return protocols.Broadcast{{}, {Body: &ping{Text: text}}}
	}
	if err := peers.Post("key", message("early")); err != nil {
		t.Fatal(err)
	}
	s, _ := serve(t, listen(t, addrs[1]), ServerConfig{Server: 1, Pairs: pairKeys(1, 2)}, note)
	if text := <-got; text != "early" {
		t.Errorf("%q came, not what was posted before the server was up", text)
	}
	quiet(t, peers.Links())
	s.Reset()
	if err := peers.Post("key", message("late")); err != nil {
		t.Fatal(err)
	}
	for text := range got { // "late" may come twice: on the connection that breaks, too
		if text == "late" {
			return
		}
	}
}

// Servers prove who they are by the key that both share.
func TestPeersAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ClientConfig)
		index  int
		reason string
	}{
		"another key":           {func(c *ClientConfig) { c.Keys[0] = pairKey(0, 2) }, 1, "not server 2"},
		"no key":                {func(c *ClientConfig) { c.Keys = nil }, 1, "no key for server 1"},
		"an index there is not": {func(*ClientConfig) {}, 7, "no key"},
		"the wrong order":       {func(c *ClientConfig) { c.Servers[2] = c.Servers[0] }, 1, "this is server 1"},
		"another protocol":      {func(c *ClientConfig) { c.Protocol = "mabd" }, 1, "protocol is echo"},
	} {
		t.Run(name, func(t *testing.T) {
			addrs, _ := talkers(t, silent, silent, silent)
			cfg := ClientConfig{Protocol: testProtocol, Servers: addrs, Keys: pairKeys(1, 3), NewBody: newPong}
			c.change(&cfg)
			peers := DialPeers(cfg, c.index)
			defer peers.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if err := peers.Links().WaitConnected(ctx); err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("the error does not say %q: %v", c.reason, err)
			}
		})
	}
	addrs := cluster(t, silent)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	peers := dialPeers(t, 1, append(addrs, addrs[0]))
	if err := peers.Links().WaitConnected(ctx); err == nil || !strings.Contains(err.Error(), "shares no key") {
		t.Errorf("a server of a protocol without such messages takes one's: %v", err)
	}
}

// A request may be answered when it has been handled, and a streamed one as often as the server likes, until the
// exchange has ended.
func TestTell(t *testing.T) {
	tickets := make(chan protocols.Ticket, 8)
	hold := func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		tickets <- in.Ticket
		return protocols.Message{}, nil
	}
	addrs, servers := talkers(t, hold)
	links := dial(t, addrs)
	tell := func(to protocols.Ticket, text string) {
		servers[0].Tell(protocols.Letter{To: to, Message: protocols.Message{Body: &pong{Text: text}, Payload: []byte(text)}})
	}
	x := links.Begin("key")
	send(t, x, 1, 1, "once", nil)
	ticket := <-tickets
	servers[0].Tell(protocols.Letter{To: ticket}) // of an automaton that has nothing to say
	tell(ticket, "later")
	if got := receive(t, x, 1)[0]; got.Round != 1 || string(got.Message.Payload) != "later" {
		t.Errorf("%+v came", got)
	}
	x.Stream(2)
	send(t, x, 2, 1, "listen", nil)
	to := <-tickets
	for i := range 3 {
		text := fmt.Sprint(i)
		tell(to, text)
		if got := receive(t, x, 1)[0]; got.Round != 2 || string(got.Message.Payload) != text {
			t.Errorf("%+v came, want %s", got, text)
		}
	}
	x.End()
	quiet(t, links)
	before := links.Traffic().Received.Messages
	tell(to, "nobody waits")
	tell(protocols.Ticket{Client: to.Client + 1, Request: to.Request}, "nobody is there")
	eventually(t, func() error {
		if links.Traffic().Received.Messages == before {
			return errors.New("the letter has not come yet")
		}
		return nil
	})
	if n := links.Traffic().Rejected; n > 0 {
		t.Errorf("%d letters were rejected: those of a stream that has ended are late", n)
	}
}

// A stream that nobody reads holds up its own connection until the exchange ends, and then no more.
func TestStreamsEnd(t *testing.T) {
	tickets := make(chan protocols.Ticket, 1)
	hold := func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		if in.Body.(*ping).Text == "listen" {
			tickets <- in.Ticket
			return protocols.Message{}, nil
		}
		return protocols.Message{Body: &pong{}}, nil
	}
	addrs, servers := talkers(t, hold)
	links := dial(t, addrs)
	x := links.Begin("key")
	x.Stream(1)
	send(t, x, 1, 1, "listen", nil)
	to := <-tickets
	for range 2 * cap(x.replies) {
		servers[0].Tell(protocols.Letter{To: to, Message: protocols.Message{Body: &pong{}}})
	}
	x.EndStreams()
	defer x.End()
	y := links.Begin("key")
	defer y.End()
	send(t, y, 1, 1, "go on", nil)
	receive(t, y, 1)
}
