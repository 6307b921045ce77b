package harness

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/workloads"
)

// clusterSpec is what one cluster and its load need.
type clusterSpec struct {
	protocol   protocols.Protocol
	suite      string
	t          int
	durability protocols.Durability
	congestion string
	dir        string // of the servers' databases
	valueBytes int
	clients    int // the largest number that will load
	seed       uint64
	log        io.Writer      // what the processes log
	latecomers int            // agents that share the clients, but start later, if at all
	liars      map[int]string // servers that attack from the beginning, and how
}

// cluster is a set of fresh server processes and the agents that load them.
type cluster struct {
	spec             clusterSpec
	hosts            layout
	nodes            []node.Config // of the servers
	servers          []*control.Client
	agents           []*control.Client
	writers, readers suite.ClientKeys
	fail             context.CancelCauseFunc // ends what is done with the cluster
}

// startCluster starts the servers, each on its host with a database of its own, and the agents, and connects them. It
// calls fail, which should end ctx, when one of these processes ends by itself.
func startCluster(ctx context.Context, fail context.CancelCauseFunc, hosts layout, spec clusterSpec) (
	_ *cluster, err error,
) {
	primitives, err := protocols.SuiteFor(spec.protocol, spec.suite)
	if err != nil {
		return nil, err
	}
	servers := spec.protocol.Traits(spec.t).Servers
	c := &cluster{
		spec: spec, hosts: hosts, fail: fail,
		nodes: make([]node.Config, servers), servers: make([]*control.Client, servers), agents: make([]*control.Client, len(hosts.clients)),
	}
	var serverKeys []suite.ServerKeys
	serverKeys, c.writers, c.readers, err = suite.GenerateKeys(primitives, servers, rand.Reader)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.kill())
		}
	}()
	for i := range c.nodes {
		c.nodes[i] = node.Config{
			Protocol: protocols.NameOf(spec.protocol), Suite: spec.suite, T: spec.t, Index: i, Keys: serverKeys[i],
			Listen: c.serverHost(i).Addr().String() + ":0", Dir: filepath.Join(spec.dir, fmt.Sprintf("server-%d", i+1)),
			Durability: spec.durability, Congestion: spec.congestion,
			Attack: spec.liars[i], AttackSeed: workloads.Derive(spec.seed, "server", i),
		}
	}
	var starting errgroup.Group
	for i := range c.servers {
		starting.Go(func() error { return c.startServer(ctx, i) })
	}
	if err = starting.Wait(); err != nil {
		return nil, err
	}
	for i, host := range hosts.clients {
		starting.Go(func() (err error) {
			c.agents[i], err = c.startAgent(ctx, host, c.agentConfig(i))
			return err
		})
	}
	err = starting.Wait()
	return c, err
}

// serverHost is the host of a server.
func (c *cluster) serverHost(i int) *netem.Host { return c.hosts.servers[i%len(c.hosts.servers)] }

// agentConfig is what an agent needs to know.
func (c *cluster) agentConfig(i int) agent.Config {
	cfg := agent.Config{
		Protocol: protocols.NameOf(c.spec.protocol), Suite: c.spec.suite, T: c.spec.t, Keys: c.writers,
		Congestion: c.spec.congestion, Index: i, Agents: len(c.hosts.clients) + c.spec.latecomers, Clients: c.spec.clients,
		ValueBytes: c.spec.valueBytes, Seed: c.spec.seed,
	}
	for _, n := range c.nodes {
		cfg.Servers = append(cfg.Servers, n.Listen)
	}
	return cfg
}

// launch starts a server's process, which has no node yet.
func (c *cluster) launch(i int) (p *control.Client, err error) {
	p, err = startChild(c.serverHost(i), "server", fmt.Sprintf("server %d", i+1), c.spec.log)
	if err == nil {
		c.servers[i] = p
		go c.watch(p)
	}
	return p, err
}

// startServer starts a server. Started again it listens where it did before.
func (c *cluster) startServer(ctx context.Context, i int) error {
	p, err := c.launch(i)
	if err == nil {
		c.nodes[i].Listen, err = control.Call(ctx, p, node.StartCall, c.nodes[i])
	}
	return err
}

// startAgent starts an agent's process, which is the caller's to end unless it is one of the cluster's.
func (c *cluster) startAgent(ctx context.Context, host *netem.Host, cfg agent.Config) (*control.Client, error) {
	p, err := startChild(host, "agent", fmt.Sprintf("agent %d", cfg.Index+1), c.spec.log)
	if err != nil {
		return nil, err
	}
	go c.watch(p)
	if _, err := control.Call(ctx, p, agent.StartCall, cfg); err != nil {
		p.LetEnd()
		return nil, errors.Join(err, p.Kill())
	}
	return p, nil
}

// onAgents calls a method of all agents at once and joins their errors.
func onAgents[S, R any](ctx context.Context, c *cluster, m control.Method[S, R], spec func(i int) S) ([]R, error) {
	replies := make([]R, len(c.agents))
	errs := make(chan error, len(c.agents))
	for i, a := range c.agents {
		go func() {
			var err error
			replies[i], err = control.Call(ctx, a, m, spec(i))
			errs <- err
		}()
	}
	var all error
	for range c.agents {
		all = errors.Join(all, <-errs)
	}
	return replies, all
}

// watch fails the cluster when the process ends by itself. A protocol would do without some servers, and wait a minute
// for a reply where too many are gone; a measurement is spoilt at once.
func (c *cluster) watch(p *control.Client) {
	<-p.Done()
	if !p.MayEnd() {
		c.fail(p.Ended()) // without effect once all are killed
	}
}

// kill ends all processes at once; the databases are not needed any more.
func (c *cluster) kill() error {
	c.fail(nil)
	var err error
	for _, p := range append(c.agents, c.servers...) {
		if p != nil { // not started yet
			err = errors.Join(err, p.Kill())
		}
	}
	return err
}
