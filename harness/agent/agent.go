// Package agent is a load-generating process: some of a run's closed-loop clients, on one host.
package agent

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/workloads"
)

// memoryLimit is the soft limit of an agent's heap in bytes, below the 512 MiB that an agent may take.
const memoryLimit = 384 << 20

// opTimeout is when a client gives up an operation. It stays pending in the history and counts as an error.
const opTimeout = 60 * time.Second

// Config is all that an agent needs to know.
type Config struct {
	Protocol   string
	Suite      string
	T          int
	Keys       suite.ClientKeys
	Servers    []string // addresses by index
	Congestion string   // TCP congestion control; empty: the system's
	Index      int      // of this agent, from 0
	Agents     int      // in the run: client i lives at agent i mod Agents, key i is preloaded by it
	Clients    int      // the largest number of clients that will load; a background writer is client Clients+1
	ValueBytes int
	Seed       uint64
}

// An Agent holds its clients, their links and what they did.
type Agent struct {
	cfg        Config
	protocol   protocols.Protocol
	primitives suite.Suite
	log        *slog.Logger
	links      *transport.Links
	values     *workloads.Values
	clients    []*loadClient
	background *background // nil until a load asks for it
}

// loadClient is one closed-loop client.
type loadClient struct {
	id     uint64
	client *client.Client
	log    *history.Log
	seq    uint64 // of the next operation
}

// Start connects to all servers.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Agent, error) {
	protocol, err := catalog.ByName(cfg.Protocol)
	if err != nil {
		return nil, err
	}
	primitives, err := suite.ByName(cfg.Suite)
	if err != nil {
		return nil, err
	}
	debug.SetMemoryLimit(memoryLimit)
	a := &Agent{cfg: cfg, protocol: protocol, primitives: primitives, log: log, values: workloads.NewValues(cfg.Seed)}
	if a.links, err = a.connect(ctx); err != nil {
		return nil, err
	}
	for i := cfg.Index; i < cfg.Clients; i += cfg.Agents {
		a.clients = append(a.clients, a.newClient(a.links, uint64(i)+1))
	}
	return a, nil
}

// connect makes a connection to each server.
func (a *Agent) connect(ctx context.Context) (*transport.Links, error) {
	links := transport.Dial(transport.ClientConfig{
		Protocol: a.cfg.Protocol, Servers: a.cfg.Servers, Role: protocols.Writer, Keys: a.cfg.Keys.Groups,
		NewBody: a.protocol.NewBody, Congestion: a.cfg.Congestion, Log: a.log,
	})
	if err := links.WaitConnected(ctx); err != nil {
		_ = links.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return links, nil
}

func (a *Agent) newClient(links *transport.Links, id uint64) *loadClient {
	register := a.protocol.NewRegister(protocols.ClientParams{
		T: a.cfg.T, PID: id, Suite: a.primitives, Keys: a.cfg.Keys, Entropy: rand.Reader,
	})
	return &loadClient{id: id, client: client.New(links, register), log: history.NewLog(id)}
}

// Save writes the history of all operations since Start to a file and returns their number.
func (a *Agent) Save(path string) (int, error) {
	var logs []*history.Log
	for _, c := range a.clients {
		logs = append(logs, c.log)
	}
	if a.background != nil {
		logs = append(logs, a.background.writer.log)
	}
	entries := history.Merge(logs...)
	return len(entries), history.WriteFile(path, entries)
}

// Close ends the links.
func (a *Agent) Close() error {
	if a.background != nil {
		_ = a.background.links.Close()
	}
	return a.links.Close()
}
