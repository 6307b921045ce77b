package node

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/transport/identity"
)

// patience bounds every wait of a test that should end at once.
const patience = 20 * time.Second

// A cluster is the nodes of a protocol for t = 1.
type cluster struct {
	t              *testing.T
	protocol       protocols.Protocol
	suite          suite.Suite
	configs        []Config
	nodes          []*Node
	writer, reader suite.ClientKeys
	log            *logBook
	authority      *identity.Authority // of certificates; nil for none
}

// credentials are those of the i-th of the role, from 0; of nobody without an authority.
func (c *cluster) credentials(of identity.Role, i int) identity.Credentials {
	c.t.Helper()
	if c.authority == nil {
		return identity.Credentials{}
	}
	credentials, err := c.authority.Issue(identity.Name{Role: of, Number: i + 1}, time.Hour)
	if err != nil {
		c.t.Fatal(err)
	}
	return credentials
}

// identity is that of a client of the role.
func (c *cluster) identity(of protocols.Role) *identity.Identity {
	c.t.Helper()
	name := identity.Reader
	if of == protocols.Writer {
		name = identity.Writer
	}
	id, err := identity.Open(c.credentials(name, 0))
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func newCluster(t *testing.T, protocol string) *cluster { return newClusterOf(t, protocol, nil) }

// newClusterOf is a cluster over TLS whose certificates are the authority's, or in the clear if there is none.
func newClusterOf(t *testing.T, protocol string, authority *identity.Authority) *cluster {
	t.Helper()
	p, err := catalog.ByName(protocol)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, protocol: p, suite: suite.Modern(), log: &logBook{}, authority: authority}
	keys, writer, reader, err := protocols.GenerateKeys(p, 1, c.suite, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.writer, c.reader = writer, reader
	for i, k := range keys {
		cfg := Config{
			Protocol: protocol, Suite: "modern", T: 1, Index: i, Keys: k, Listen: "127.0.0.1:0", Durability: protocols.Volatile,
			Identity: c.credentials(identity.Server, i),
		}
		c.configs = append(c.configs, cfg)
		c.nodes = append(c.nodes, c.start(cfg))
	}
	return c
}

func (c *cluster) start(cfg Config) *Node {
	c.t.Helper()
	n, err := Start(c.t.Context(), cfg, slog.New(slog.NewTextHandler(c.log, nil)))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = n.Close() })
	return n
}

func (c *cluster) links(role protocols.Role, keys suite.ClientKeys) *transport.Links {
	c.t.Helper()
	links := c.someLinks(role, keys)
	if err := links.WaitConnected(c.soon()); err != nil {
		c.t.Fatal(err)
	}
	return links
}

// someLinks does not wait until all servers are connected.
func (c *cluster) someLinks(role protocols.Role, keys suite.ClientKeys) *transport.Links {
	links := transport.Dial(transport.ClientConfig{
		Protocol: protocols.NameOf(c.protocol), Servers: c.addrs(), Role: role, Keys: keys.Groups, NewBody: c.protocol.NewBody,
		Identity: c.identity(role),
	})
	c.t.Cleanup(func() { _ = links.Close() })
	return links
}

// addrs are the nodes' addresses.
func (c *cluster) addrs() (all []string) {
	for _, n := range c.nodes {
		all = append(all, n.Addr().String())
	}
	return all
}

func (c *cluster) client(links *transport.Links, keys suite.ClientKeys, pid uint64) *client.Client {
	return client.New(links, protocols.Incarnate(c.protocol, protocols.ClientParams{
		T: 1, PID: pid, Suite: c.suite, Keys: keys, Entropy: rand.Reader,
	}), c.protocol.Traits(1).LyingServers)
}

// soon ends when a test has waited too long.
func (c *cluster) soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	c.t.Cleanup(cancel)
	return ctx
}

func (c *cluster) write(key protocols.Key, value string) {
	c.t.Helper()
	w := c.client(c.links(protocols.Writer, c.writer), c.writer, 1)
	outcome, err := w.Write(key, len(value), func(to []byte) { copy(to, value) }).Run(c.soon())
	if err != nil {
		c.t.Fatal(err)
	}
	outcome.Release()
}

func (c *cluster) wantValue(key protocols.Key, want string) {
	c.t.Helper()
	outcome, err := c.client(c.links(protocols.Reader, c.reader), c.reader, 2).Read(key).Run(c.soon())
	if err != nil {
		c.t.Fatal(err)
	}
	defer outcome.Release()
	if got := string(outcome.Value); outcome.Bottom || got != want {
		c.t.Errorf("READ of %q: %q, ⊥ %v, want %q", key, got, outcome.Bottom, want)
	}
}

// wantLogged waits until something with the text was logged n times or more.
func (c *cluster) wantLogged(text string, n int) {
	c.t.Helper()
	for ctx := c.soon(); strings.Count(c.log.String(), text) < n; time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			c.t.Fatalf("%q was not logged %d times in %q", text, n, c.log)
		}
	}
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
