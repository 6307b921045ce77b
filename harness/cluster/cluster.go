// Package cluster runs the servers and agents of one run: it starts fresh processes on a testbed, has agents load them,
// does harm to servers if asked, and gathers counters and histories. It imports agent, node, client, control and
// testbed; study and the command import it.
package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport/identity"
	"github.com/powbench/powbench/workloads"
)

// A Spec says what one cluster and its loads need.
type Spec struct {
	Protocol   protocols.Protocol
	Suite      string
	T          int
	Durability protocols.Durability
	ValueBytes int
	Sizes      result.Sizes // from which values' sizes are drawn; ValueBytes is then their mean
	Clients    int          // the largest number that will load
	Seed       uint64
	Agents     int            // 0: one on each host for clients
	Latecomers int            // agents that share the clients, but start later, if at all
	Liars      map[int]string // servers that attack from the beginning, and how
	TLS        bool           // it carries all connections, with certificates that are made for this run
}

// A Cluster is fresh servers and the agents that load them.
type Cluster struct {
	Servers []*Server

	spec    Spec
	testbed testbed.Testbed
	log     *os.File
	late    testbed.Host            // where agents start that come late, and where journals lie
	folders map[testbed.Host]string // of the hosts with servers, and of late
	agents  []*control.Client
	loaders []testbed.Host       // by agent, where it is
	writers suite.ClientKeys     // of the agents
	readers suite.ClientKeys     // of clients that may only read
	writer  identity.Credentials // of the agents; of nobody without TLS
	reader  identity.Credentials // likewise of clients that may only read
	begun   time.Time
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
			err = cause // the other errors follow from it
		}
		said := control.Failed("")
		if why := complaint(log.Name()); err != nil && why != "" && !errors.As(err, &said) {
			err = fmt.Errorf("%w: %s", err, why)
		}
	}()
	servers, clients := tb.Hosts()
	c := &Cluster{spec: spec, testbed: tb, log: log, folders: map[testbed.Host]string{}, begun: time.Now(), fail: fail}
	c.spec.Agents = cmp.Or(spec.Agents, len(clients))
	c.late = clients[(c.spec.Agents-1)%len(clients)]
	for _, h := range append(slices.Clone(servers), c.late) {
		if c.folders[h] != "" { // it carries servers and clients
			continue
		}
		dir, remove, err := h.Folder(strings.TrimSuffix(filepath.Base(logFile), ".log"))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
		c.folders[h] = dir
	}
	defer func() { err = errors.Join(err, c.kill()) }()
	if err := c.start(ctx, servers, clients); err != nil {
		return err
	}
	return do(ctx, c)
}

// start starts the servers, each with a database of its own, and then the agents, and connects them.
func (c *Cluster) start(ctx context.Context, servers, clients []testbed.Host) error {
	spec, congestion := c.spec, c.testbed.Describe().Congestion
	primitives, err := protocols.SuiteFor(spec.Protocol, spec.Suite)
	if err != nil {
		return err
	}
	n := spec.Protocol.Traits(spec.T).Servers
	var keys []suite.ServerKeys
	if keys, c.writers, c.readers, err = protocols.GenerateKeys(spec.Protocol, spec.T, primitives, rand.Reader); err != nil {
		return err
	}
	identities, err := c.issue(n)
	if err != nil {
		return err
	}
	var starting errgroup.Group
	reserve := c.reserve(n)
	for i := range n {
		host := servers[i%len(servers)]
		s := &Server{cluster: c, host: host, config: node.Config{
			Protocol: protocols.NameOf(spec.Protocol), Suite: spec.Suite, T: spec.T, Index: i, Keys: keys[i],
			Listen: host.Addr().String() + ":0", Dir: filepath.Join(c.folders[host], fmt.Sprintf("server-%d", i+1)),
			Durability: spec.Durability, Reserve: reserve, Congestion: congestion,
			Attack: spec.Liars[i], AttackSeed: workloads.Derive(spec.Seed, "server", i), Identity: identities[i],
		}}
		c.Servers = append(c.Servers, s)
		starting.Go(func() error { return s.start(ctx) })
	}
	if err = starting.Wait(); err != nil {
		return err
	}
	if err = c.introduce(ctx); err != nil {
		return err
	}
	c.agents = make([]*control.Client, c.spec.Agents)
	for i := range c.agents {
		host := clients[i%len(clients)]
		c.loaders = append(c.loaders, host)
		starting.Go(func() (err error) {
			c.agents[i], err = c.startAgent(ctx, host, c.AgentConfig(i))
			return err
		})
	}
	return starting.Wait()
}

// introduce tells the servers each other's addresses, also those that will be started again.
func (c *Cluster) introduce(ctx context.Context) error {
	if !c.spec.Protocol.Traits(c.spec.T).Peers {
		return nil
	}
	var addrs []string
	for _, s := range c.Servers {
		addrs = append(addrs, s.config.Listen)
	}
	for _, s := range c.Servers {
		s.config.Peers = addrs
	}
	_, err := control.CallAll(ctx, c.processes(), node.ConnectCall, addrs)
	return err
}

// process starts the i-th process of a role on the host. The cluster fails when it ends by itself: a protocol would do
// without some servers, and wait a minute for a reply where too many are gone; a measurement is spoilt at once.
func (c *Cluster) process(host testbed.Host, role string, i int) (*control.Client, error) {
	name := fmt.Sprintf("%s %d", role, i+1)
	if _, several := c.testbed.(testbed.Machines); several {
		name += " on " + host.Name()
	}
	started, err := host.Start(role, c.log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := control.NewClient(name, started)
	go c.watch(p)
	return p, nil
}

// watch waits for the process's end.
func (c *Cluster) watch(p *control.Client) {
	<-p.Done()
	if !p.MayEnd() {
		c.fail(p.Ended()) // without effect once all are killed
	}
}

// End kills a process whose work is done.
func End(p *control.Client) error {
	p.LetEnd()
	return p.Kill()
}

// kill ends all processes at once; the databases are not needed any more.
func (c *Cluster) kill() error {
	c.fail(nil)
	return errors.Join(killAll(c.agents), killAll(c.processes())) // agents first, who would complain of lost servers
}

// killAll ends the processes at once; those on other machines take a while.
func killAll(all []*control.Client) error {
	errs := make([]error, len(all))
	var killing sync.WaitGroup
	for i, p := range all {
		if p != nil { // not started yet
			killing.Go(func() { errs[i] = p.Kill() })
		}
	}
	killing.Wait()
	return errors.Join(errs...)
}

// processes returns the servers' processes.
func (c *Cluster) processes() (all []*control.Client) {
	for _, s := range c.Servers {
		all = append(all, s.Client)
	}
	return all
}

// Null reports whether the cluster's protocol keeps no values.
func (c *Cluster) Null() bool { return c.spec.Protocol.Traits(c.spec.T).Null }

// Consistency is what the cluster's protocol promises.
func (c *Cluster) Consistency() protocols.Consistency {
	return c.spec.Protocol.Traits(c.spec.T).Consistency
}

// AgentConfig returns the configuration of the i-th agent.
func (c *Cluster) AgentConfig(i int) agent.Config {
	cfg := agent.Config{
		Protocol: protocols.NameOf(c.spec.Protocol), Suite: c.spec.Suite, T: c.spec.T, Keys: c.writers,
		Congestion: c.testbed.Describe().Congestion, Index: i, Agents: len(c.agents) + c.spec.Latecomers,
		Clients: c.spec.Clients, ValueBytes: c.spec.ValueBytes, Sizes: c.spec.Sizes, Seed: c.spec.Seed, Identity: c.writer,
	}
	for _, s := range c.Servers {
		cfg.Servers = append(cfg.Servers, s.config.Listen)
	}
	return cfg
}

// StartAgent starts one more agent, on the host of the last one. It is the caller's to end, by End.
func (c *Cluster) StartAgent(ctx context.Context, cfg agent.Config) (*control.Client, error) {
	return c.startAgent(ctx, c.late, cfg)
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

// StepClock sets the clock of an agent, by its number, forward or back.
func (c *Cluster) StepClock(ctx context.Context, n int, by time.Duration) error {
	_, err := control.Call(ctx, c.agents[n], agent.StepCall, int64(by))
	return err
}
