package harness

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/storage"
)

// clusterSpec is what one cluster and its load need.
type clusterSpec struct {
	protocol   protocols.Protocol
	suite      string
	t          int
	durability storage.Durability
	congestion string
	dir        string // of the servers' databases
	valueBytes int
	clients    int // the largest number that will load
	seed       uint64
	log        io.Writer // what the processes log
}

// cluster is a set of fresh server processes and the agents that load them.
type cluster struct {
	servers []*child
	agents  []*child
	fail    context.CancelCauseFunc // ends what is done with the cluster
}

// startCluster starts the servers, each on its host with a database of its own, and the agents, and connects them. It
// calls fail, which should end ctx, when one of these processes ends by itself.
func startCluster(ctx context.Context, fail context.CancelCauseFunc, hosts layout, spec clusterSpec) (_ *cluster, err error) {
	primitives, err := suite.ByName(spec.suite)
	if err != nil {
		return nil, err
	}
	servers := spec.protocol.Servers(spec.t)
	serverKeys, writerKeys, _, err := suite.GenerateKeys(primitives, servers, rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &cluster{fail: fail}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.kill())
		}
	}()
	addrs := make([]string, servers)
	for i := range servers {
		host := hosts.servers[i%len(hosts.servers)]
		cfg := node.Config{
			Protocol: spec.protocol.Name(), Suite: spec.suite, T: spec.t, Index: i, Keys: serverKeys[i],
			Listen: host.Addr().String() + ":0", Dir: filepath.Join(spec.dir, fmt.Sprintf("server-%d", i+1)),
			Durability: spec.durability, Congestion: spec.congestion,
		}
		if addrs[i], err = c.startServer(ctx, host, cfg, spec.log); err != nil {
			return nil, err
		}
	}
	for i, host := range hosts.clients {
		cfg := agent.Config{
			Protocol: spec.protocol.Name(), Suite: spec.suite, T: spec.t, Keys: writerKeys, Servers: addrs,
			Congestion: spec.congestion, Index: i, Agents: len(hosts.clients), Clients: spec.clients,
			ValueBytes: spec.valueBytes, Seed: spec.seed,
		}
		if err = c.startAgent(ctx, host, cfg, spec.log); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *cluster) startServer(ctx context.Context, host *netem.Host, cfg node.Config, log io.Writer) (string, error) {
	p, err := startChild(host, "server", fmt.Sprintf("server %d", cfg.Index+1), log)
	if err != nil {
		return "", err
	}
	c.servers = append(c.servers, p)
	go c.watch(ctx, p)
	var addr string
	err = p.call(ctx, "Service.Start", cfg, &addr)
	return addr, err
}

func (c *cluster) startAgent(ctx context.Context, host *netem.Host, cfg agent.Config, log io.Writer) error {
	p, err := startChild(host, "agent", fmt.Sprintf("agent %d", cfg.Index+1), log)
	if err != nil {
		return err
	}
	c.agents = append(c.agents, p)
	go c.watch(ctx, p)
	return p.call(ctx, "Service.Start", cfg, &agent.Nothing{})
}

// onAgents calls a method of all agents at once and joins their errors.
func onAgents[A, R any](ctx context.Context, c *cluster, method string, args func(i int) A) ([]R, error) {
	replies := make([]R, len(c.agents))
	errs := make(chan error, len(c.agents))
	for i, a := range c.agents {
		go func() { errs <- a.call(ctx, method, args(i), &replies[i]) }()
	}
	var all error
	for range c.agents {
		all = errors.Join(all, <-errs)
	}
	return replies, all
}

// watch fails the cluster when the process ends by itself. A protocol would do without some servers, and wait a minute
// for a reply where too many are gone; a measurement is spoilt at once.
func (c *cluster) watch(ctx context.Context, p *child) {
	select {
	case <-p.process.Done():
		c.fail(p.ended())
	case <-ctx.Done():
	}
}

// kill ends all processes at once; the databases are not needed any more.
func (c *cluster) kill() error {
	c.fail(nil)
	var err error
	for _, p := range append(c.agents, c.servers...) {
		err = errors.Join(err, p.kill())
	}
	return err
}
