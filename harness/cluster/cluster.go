// Package cluster is the servers and agents of one run: fresh processes on a testbed, the loads that agents run on them,
// what is done to servers meanwhile, and what all of that came to. It imports agent, node, client, control and testbed;
// study imports it.
package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/workloads"
)

// A Spec says what one cluster and its loads need.
type Spec struct {
	Protocol   protocols.Protocol
	Suite      string
	T          int
	Durability protocols.Durability
	ValueBytes int
	Clients    int // the largest number that will load
	Seed       uint64
	Latecomers int            // agents that share the clients, but start later, if at all
	Liars      map[int]string // servers that attack from the beginning, and how
}

// A Cluster is a set of fresh server processes and the agents that load them.
type Cluster struct {
	Readers suite.ClientKeys // of clients that may only read

	spec    Spec
	testbed testbed.Testbed
	log     *os.File
	folder  string        // on the last client host
	nodes   []node.Config // of the servers
	servers []*control.Client
	agents  []*control.Client
	writers suite.ClientKeys
	fail    context.CancelCauseFunc // ends what is done with the cluster
}

// Run does something with a fresh cluster, whose processes log to the file, and removes the cluster and its databases
// again. The context that do gets ends if a process of the cluster does by itself.
func Run(ctx context.Context, tb testbed.Testbed, logFile string, spec Spec,
	do func(context.Context, *Cluster) error,
) (err error) {
	log, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog(log)) }()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	defer func() {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			err = cause // what follows from it is of no interest
		}
		if why := complaint(log.Name()); err != nil && why != "" {
			err = fmt.Errorf("%w: %s", err, why)
		}
	}()
	servers, clients := tb.Hosts()
	folders := map[testbed.Host]string{}
	for _, h := range append(servers[:len(servers):len(servers)], clients[len(clients)-1]) {
		dir, remove, err := h.Folder(strings.TrimSuffix(filepath.Base(logFile), ".log"))
		if err != nil {
			return err
		}
		defer func() { _ = remove() }()
		folders[h] = dir
	}
	c, err := start(ctx, fail, tb, log, folders, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.kill()) }()
	return do(ctx, c)
}

// start starts the servers, each with a database of its own in the folder of its host, and the agents, and connects
// them. It calls fail, which should end ctx, when one of these processes ends by itself.
func start(ctx context.Context, fail context.CancelCauseFunc, tb testbed.Testbed, log *os.File,
	folders map[testbed.Host]string, spec Spec,
) (_ *Cluster, err error) {
	primitives, err := protocols.SuiteFor(spec.Protocol, spec.Suite)
	if err != nil {
		return nil, err
	}
	n := spec.Protocol.Traits(spec.T).Servers
	_, clients := tb.Hosts()
	c := &Cluster{
		spec: spec, testbed: tb, log: log, fail: fail, folder: folders[clients[len(clients)-1]],
		nodes: make([]node.Config, n), servers: make([]*control.Client, n), agents: make([]*control.Client, len(clients)),
	}
	var keys []suite.ServerKeys
	keys, c.writers, c.Readers, err = suite.GenerateKeys(primitives, n, rand.Reader)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.kill())
		}
	}()
	var starting errgroup.Group
	for i := range c.nodes {
		host := c.serverHost(i)
		c.nodes[i] = node.Config{
			Protocol: protocols.NameOf(spec.Protocol), Suite: spec.Suite, T: spec.T, Index: i, Keys: keys[i],
			Listen: host.Addr().String() + ":0", Dir: filepath.Join(folders[host], fmt.Sprintf("server-%d", i+1)),
			Durability: spec.Durability, Congestion: tb.Describe().Congestion,
			Attack: spec.Liars[i], AttackSeed: workloads.Derive(spec.Seed, "server", i),
		}
		starting.Go(func() error { return c.startServer(ctx, i) })
	}
	if err = starting.Wait(); err != nil {
		return nil, err
	}
	for i, host := range clients {
		starting.Go(func() (err error) {
			c.agents[i], err = c.startAgent(ctx, host, c.AgentConfig(i))
			return err
		})
	}
	err = starting.Wait()
	return c, err
}

func (c *Cluster) serverHost(i int) testbed.Host {
	servers, _ := c.testbed.Hosts()
	return servers[i%len(servers)]
}

// AgentConfig is what an agent needs to know.
func (c *Cluster) AgentConfig(i int) agent.Config {
	cfg := agent.Config{
		Protocol: protocols.NameOf(c.spec.Protocol), Suite: c.spec.Suite, T: c.spec.T, Keys: c.writers,
		Congestion: c.testbed.Describe().Congestion, Index: i, Agents: len(c.agents) + c.spec.Latecomers,
		Clients: c.spec.Clients, ValueBytes: c.spec.ValueBytes, Seed: c.spec.Seed,
	}
	for _, n := range c.nodes {
		cfg.Servers = append(cfg.Servers, n.Listen)
	}
	return cfg
}

// launch starts a server's process, which has no node yet.
func (c *Cluster) launch(i int) (*control.Client, error) {
	p, err := c.process(c.serverHost(i), "server", i)
	if err == nil {
		c.servers[i] = p
	}
	return p, err
}

// process starts the i-th process of a role.
func (c *Cluster) process(host testbed.Host, role string, i int) (*control.Client, error) {
	name := fmt.Sprintf("%s %d", role, i+1)
	started, err := host.Start(role, c.log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := control.NewClient(name, started)
	go c.watch(p)
	return p, nil
}

// startServer starts a server. Started again it listens where it did before.
func (c *Cluster) startServer(ctx context.Context, i int) error {
	p, err := c.launch(i)
	if err == nil {
		c.nodes[i].Listen, err = control.Call(ctx, p, node.StartCall, c.nodes[i])
	}
	return err
}

// StartAgent starts one more agent, on the last client host. It is the caller's to end, by End.
func (c *Cluster) StartAgent(ctx context.Context, cfg agent.Config) (*control.Client, error) {
	_, clients := c.testbed.Hosts()
	return c.startAgent(ctx, clients[len(clients)-1], cfg)
}

func (c *Cluster) startAgent(ctx context.Context, host testbed.Host, cfg agent.Config) (*control.Client, error) {
	p, err := c.process(host, "agent", cfg.Index)
	if err != nil {
		return nil, err
	}
	if _, err := control.Call(ctx, p, agent.StartCall, cfg); err != nil {
		return nil, errors.Join(err, End(p))
	}
	return p, nil
}

// End kills a process whose work is done.
func End(p *control.Client) error {
	p.LetEnd()
	return p.Kill()
}

// watch fails the cluster when the process ends by itself. A protocol would do without some servers, and wait a minute
// for a reply where too many are gone; a measurement is spoilt at once.
func (c *Cluster) watch(p *control.Client) {
	<-p.Done()
	if !p.MayEnd() {
		c.fail(p.Ended()) // without effect once all are killed
	}
}

// kill ends all processes at once; the databases are not needed any more.
func (c *Cluster) kill() error {
	c.fail(nil)
	var err error
	for _, p := range append(c.agents, c.servers...) {
		if p != nil { // not started yet
			err = errors.Join(err, p.Kill())
		}
	}
	return err
}

// SaveHistory gathers what the agents recorded, and what the journals on the last client host hold, into one file.
func (c *Cluster) SaveHistory(ctx context.Context, path string, journals ...string) (all []history.Entry, err error) {
	for _, a := range c.agents {
		for from := 0; ; {
			part, err := control.Call(ctx, a, agent.HistoryCall, from)
			if err != nil {
				return nil, err
			}
			if from += len(part); len(part) == 0 {
				break
			}
			all = append(all, part...)
		}
	}
	for _, j := range journals {
		part, err := control.Call(ctx, c.agents[len(c.agents)-1], agent.JournalCall, j)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	return all, history.WriteFile(path, all)
}

// Journal is the path of a journal of that name for an agent that StartAgent starts.
func (c *Cluster) Journal(name string) string { return filepath.Join(c.folder, name) }

// complaint is what the first process that failed had to say: the line that every command ends with when it fails.
func complaint(log string) string {
	data, _ := os.ReadFile(log)
	for line := range strings.Lines(string(data)) {
		if why, ok := strings.CutPrefix(line, "powbench: "); ok {
			return strings.TrimSpace(why)
		}
	}
	return ""
}

// closeLog keeps the file only if something was logged.
func closeLog(log *os.File) error {
	info, err := log.Stat()
	err = errors.Join(err, log.Close())
	if err == nil && info.Size() == 0 {
		err = os.Remove(log.Name())
	}
	return err
}
