package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/storage"
	"github.com/powbench/powbench/transport"
)

// patience bounds every wait of a test that should end at once.
const patience = 20 * time.Second

// A cluster is a protocol's servers for t = 1, in this process, whose replies can be held up.
type cluster struct {
	t        testing.TB
	protocol protocols.Protocol
	addrs    []string
	writer   suite.ClientKeys
	reader   suite.ClientKeys
	suite    suite.Suite
	spoil    func(int, protocols.Server) protocols.Server
	peers    []*transport.Peers // by server; none if they do not talk

	mu     sync.Mutex
	open   *sync.Cond
	closed map[int]bool // servers whose replies wait
	held   int          // replies that wait
}

func newCluster(t testing.TB, p protocols.Protocol) *cluster {
	t.Helper()
	return newFaulty(t, p, func(_ int, s protocols.Server) protocols.Server { return s })
}

// newFaulty is a cluster of servers that spoil makes faulty, by index.
func newFaulty(t testing.TB, p protocols.Protocol, spoil func(int, protocols.Server) protocols.Server) *cluster {
	t.Helper()
	primitives, err := protocols.SuiteFor(p, "modern")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, protocol: p, suite: primitives, closed: map[int]bool{}, spoil: spoil}
	c.open = sync.NewCond(&c.mu)
	keys, writer, reader, err := protocols.GenerateKeys(p, 1, c.suite, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.writer, c.reader = writer, reader
	t.Cleanup(func() { // after the servers are closed, which use them
		for _, p := range c.peers {
			_ = p.Close()
		}
	})
	for i, k := range keys {
		c.serve(i, k)
	}
	if p.Traits(1).Peers {
		c.introduce(keys)
	}
	t.Cleanup(c.release) // before the servers are closed, which waits for held replies
	return c
}

func (c *cluster) serve(index int, keys suite.ServerKeys) {
	c.t.Helper()
	store, err := storage.Open(storage.Options{Durability: protocols.Volatile})
	if err != nil {
		c.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	automaton := c.spoil(index, c.protocol.NewServer(protocols.ServerParams{Index: index, T: 1, Suite: c.suite, Keys: keys}))
	var mu sync.Mutex
	var server *transport.Server
	handle := func(in protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
		mu.Lock()
		effects, err := protocols.Take(automaton, in, store.State(in.Key, mem))
		if err == nil && len(effects.Records) > 0 {
			err = store.Apply(in.Key, effects.Records)
		}
		if err == nil && effects.Peers != nil {
			err = c.peers[index].Post(in.Key, effects.Peers)
		}
		mu.Unlock()
		if in.Role == 0 && len(effects.Later) == 0 {
			return effects.Reply, err
		}
		c.pass(index)
		for _, l := range effects.Later {
			l.Payload = bytes.Clone(l.Payload)
			server.Tell(l)
		}
		return effects.Reply, err
	}
	config := transport.ServerConfig{
		Protocol: protocols.NameOf(c.protocol), Server: index, Key: keys.Group, NewBody: c.protocol.NewBody,
	}
	if c.protocol.Traits(1).Peers {
		config.Pairs = keys.Pairs
	}
	server = transport.NewServer(config, handle)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	c.addrs = append(c.addrs, listener.Addr().String())
	c.t.Cleanup(func() {
		server.Close()
		if err := <-failed; err != nil {
			c.t.Errorf("server %d: %v", index+1, err)
		}
		_ = store.Close()
	})
}

// introduce connects the servers to each other.
func (c *cluster) introduce(keys []suite.ServerKeys) {
	c.t.Helper()
	for i, k := range keys {
		peers := transport.DialPeers(transport.ClientConfig{
			Protocol: protocols.NameOf(c.protocol), Servers: c.addrs, Keys: k.Pairs, NewBody: c.protocol.NewBody,
		}, i)
		c.peers = append(c.peers, peers)
		if err := peers.Links().WaitConnected(c.soon()); err != nil {
			c.t.Fatal(err)
		}
	}
}

// pass lets a server's reply leave, at once or after release.
func (c *cluster) pass(server int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held++
	c.open.Broadcast()
	for c.closed[server] {
		c.open.Wait()
	}
	c.held--
}

// hold keeps the replies of the servers back from now on.
func (c *cluster) hold(servers ...int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range servers {
		c.closed[s] = true
	}
}

// release lets all replies leave.
func (c *cluster) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.closed)
	c.open.Broadcast()
}

// waitHeld waits until n replies are held.
func (c *cluster) waitHeld(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.held < n {
		c.open.Wait()
	}
}

// all are the indices of all servers.
func (c *cluster) all() (servers []int) {
	for i := range c.addrs {
		servers = append(servers, i)
	}
	return servers
}

// links connects a process of the role to the servers.
func (c *cluster) links(role protocols.Role) *transport.Links {
	c.t.Helper()
	links := transport.Dial(transport.ClientConfig{
		Protocol: protocols.NameOf(c.protocol), Servers: c.addrs, Role: role, Keys: c.keys(role).Groups, NewBody: c.protocol.NewBody,
	})
	c.t.Cleanup(func() { _ = links.Close() })
	if err := links.WaitConnected(c.soon()); err != nil {
		c.t.Fatal(err)
	}
	return links
}

func (c *cluster) keys(role protocols.Role) suite.ClientKeys {
	if role == protocols.Writer {
		return c.writer
	}
	return c.reader
}

// client makes the client with the process id.
func (c *cluster) client(links *transport.Links, role protocols.Role, pid uint64) *client.Client {
	return client.New(links, protocols.Incarnate(c.protocol, protocols.ClientParams{
		T: 1, PID: pid, Suite: c.suite, Keys: c.keys(role), Entropy: rand.Reader,
	}), c.protocol.Traits(1).LyingServers)
}

// soon ends when a test has waited too long.
func (c *cluster) soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	c.t.Cleanup(cancel)
	return ctx
}

// write writes the value to the key k and returns the number of rounds.
func (c *cluster) write(w *client.Client, value string) int {
	c.t.Helper()
	outcome, err := w.Write("k", len(value), func(to []byte) { copy(to, value) }).Run(c.soon())
	if err != nil {
		c.t.Fatalf("write %q: %v", value, err)
	}
	defer outcome.Release()
	return outcome.Rounds.Total()
}

// read returns what the key holds, "⊥" for no value, and the number of rounds.
func (c *cluster) read(r *client.Client, key protocols.Key) (string, int) {
	c.t.Helper()
	outcome, err := r.Read(key).Run(c.soon())
	if err != nil {
		c.t.Fatalf("read %q: %v", key, err)
	}
	defer outcome.Release()
	if outcome.Bottom {
		return "⊥", outcome.Rounds.Total()
	}
	return string(outcome.Value), outcome.Rounds.Total()
}
