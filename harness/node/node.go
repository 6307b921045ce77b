// Package node is a server process: a protocol's automaton between the transport and the database. It imports control,
// transport, storage and protocols; cluster and the command import it.
//
// It imports control, transport, storage and the protocols; cluster and commands import it.
package node

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/metrics"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/storage"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/transport/identity"
	"github.com/powbench/powbench/workloads"
)

// memoryLimit is the soft limit of a server's Go heap in bytes; with what Pebble keeps outside it a server stays below
// 256 MiB at peak load.
const memoryLimit = 160 << 20

// Config is all that a server needs to know.
type Config struct {
	Protocol   string
	Suite      string
	T          int
	Index      int // 0-based
	Keys       suite.ServerKeys
	Listen     string // host:port
	Dir        string // of its database
	Durability protocols.Durability
	Reserve    int64  // bytes of payloads for which a Volatile store has memory ready when the server listens
	Congestion string // TCP congestion control; empty: the system's
	// Peers are the addresses of all servers by index, if they are known, for protocols whose servers send each other messages;
	// else ConnectCall tells them.
	Peers      []string
	Attack     string // by which the server attacks: an ID of the catalogue; empty: it is correct
	AttackSeed uint64 // of what the attack leaves to chance
	Metrics    string // host:port at which it tells how it is doing; empty: nowhere
	// Identity has TLS carry all connections, and says who the server is; without one they are in the clear.
	Identity identity.Credentials `json:",omitzero"`
}

// A Node is a running server.
type Node struct {
	cfg        Config
	identity   *identity.Identity // nil in the clear
	protocol   protocols.Protocol
	store      *storage.Store
	handler    *handler
	server     *transport.Server
	addr       net.Addr
	failed     chan error
	log        *slog.Logger
	signatures *suite.Counts // of the automaton
	// committing is what Commit commits; nil before.
	committing atomic.Pointer[committing]
	// metrics is nil unless they are asked for.
	metrics *metrics.Endpoint
}

// Start opens the database, listens and serves.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Node, error) {
	protocol, err := catalog.ByName(cfg.Protocol)
	if err != nil {
		return nil, err
	}
	primitives, err := protocols.SuiteFor(protocol, cfg.Suite)
	if err != nil {
		return nil, err
	}
	signatures := &suite.Counts{}
	automaton, err := newAutomaton(cfg, protocol, suite.Counted(primitives, signatures))
	if err != nil {
		return nil, err
	}
	own, err := cfg.identity()
	if err != nil {
		return nil, err
	}
	debug.SetMemoryLimit(memoryLimit)
	store, err := storage.Open(storage.Options{Dir: cfg.Dir, Durability: cfg.Durability, Reserve: cfg.Reserve, Log: log})
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	listen.SetMultipathTCP(false) // plain TCP, whatever Go prefers
	listener, err := listen.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("server %d cannot listen on %s: %w (stop the other process or choose another port)",
			cfg.Index+1, cfg.Listen, errors.Join(err, store.Close()))
	}
	n := &Node{
		cfg: cfg, identity: own, protocol: protocol, store: store, addr: listener.Addr(), failed: make(chan error, 1), log: log,
		handler: &handler{automaton: automaton, store: store, seed: maphash.MakeSeed()}, signatures: signatures,
	}
	handle := transport.Handler(n.handler.handle)
	if cfg.Metrics != "" {
		if handle, err = n.serveMetrics(ctx, cfg.Metrics, handle); err != nil {
			return nil, errors.Join(err, listener.Close(), store.Close())
		}
	}
	config := transport.ServerConfig{
		Protocol: cfg.Protocol, Server: cfg.Index, Key: cfg.Keys.Group,
		NewBody: protocol.NewBody, Identity: own, Congestion: cfg.Congestion, Log: log,
	}
	if n.talks() {
		config.Pairs = cfg.Keys.Pairs
	}
	n.server = transport.NewServer(config, handle)
	n.handler.tell = n.server.Tell
	if len(cfg.Peers) > 0 {
		if _, err := n.Connect(ctx, cfg.Peers); err != nil {
			return nil, errors.Join(err, listener.Close(), n.metrics.Close(), store.Close())
		}
	}
	if n.metrics != nil {
		n.tellMetrics()
	}
	auth := result.NoAuth
	if own != nil {
		auth = result.TLS
	}
	log.Info("serving", "server", cfg.Index+1, "addr", n.addr, "auth", auth)
	go func() { n.failed <- n.server.Serve(listener) }()
	return n, nil
}

// identity is who the server is; nil if it is to speak in the clear.
func (c Config) identity() (*identity.Identity, error) {
	own, err := identity.Open(c.Identity)
	if want := (identity.Name{Role: identity.Server, Number: c.Index + 1}); err == nil && own != nil && own.Name != want {
		err = fmt.Errorf("the certificate is of %s, not of %s: give it its own", own.Name, want)
	}
	if err != nil {
		return nil, fmt.Errorf("server %d: %w", c.Index+1, err)
	}
	return own, nil
}

// Addr is the address on which the node listens.
func (n *Node) Addr() net.Addr { return n.addr }

// Failed yields the error that ended the node: a server whose storage fails stops, which the protocols count as a
// crash. It yields nil after Close.
func (n *Node) Failed() <-chan error { return n.failed }

// Stats returns the database's metrics.
func (n *Node) Stats(context.Context, control.Nothing) (storage.Metrics, error) {
	return n.store.Metrics(), nil
}

// Counted is what the node has counted.
func (n *Node) Counted(context.Context, control.Nothing) (control.Counts, error) {
	return control.Counts{
		RetransmittedBytes: int64(n.server.Retransmitted()),
		SignaturesMade:     n.signatures.Made.Load(), SignaturesVerified: n.signatures.Verified.Load(),
	}, nil
}

// Reset breaks all connections and keeps listening.
func (n *Node) Reset(context.Context, control.Nothing) (none control.Nothing, _ error) {
	n.server.Reset()
	return none, nil
}

// Close stops serving and closes the database.
func (n *Node) Close() error {
	n.server.Close()
	var err error
	if peers := n.handler.peers.Load(); peers != nil {
		err = peers.Close()
	}
	return errors.Join(err, n.metrics.Close(), n.store.Close())
}

// newAutomaton makes the protocol's server, or the attacker that it is configured to be.
func newAutomaton(cfg Config, p protocols.Protocol, s suite.Suite) (protocols.Server, error) {
	correct := p.NewServer(protocols.ServerParams{Index: cfg.Index, T: cfg.T, Suite: s, Keys: cfg.Keys})
	if cfg.Attack == "" {
		return correct, nil
	}
	attack, err := catalog.Attack(cfg.Attack)
	if err != nil {
		return nil, err
	}
	if attack.Server == nil {
		return nil, fmt.Errorf("attack %s (%s) is not one of servers", attack.ID, attack.Name)
	}
	return &attacker{automaton: attack.Server(byzantine.Part{
		Protocol: p, T: cfg.T, Suite: s, Index: cfg.Index,
		Dice: byzantine.NewDice(workloads.Derive(cfg.AttackSeed, "server", cfg.Index)), Loot: &byzantine.Loot{},
	}, correct)}, nil
}

// attacker runs an automaton that attacks, one request at a time: unlike a correct one, it remembers what it did to any
// key.
type attacker struct {
	mu        sync.Mutex
	automaton protocols.Server
}

// Take implements protocols.Peer, for automata that are and that are not.
func (a *attacker) Take(in protocols.Incoming, state protocols.StateReader) (protocols.Effects, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return protocols.Take(a.automaton, in, state)
}

// Handle implements protocols.Server.
func (a *attacker) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.automaton.Handle(from, key, request, state)
}
