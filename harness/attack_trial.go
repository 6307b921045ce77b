package harness

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// What all trials have in common. There are as many keys as clients, so that each has its own where keys have one
// writer; they are few enough for operations to meet.
const (
	attackSuite      = result.Paper
	attackDurability = protocols.Fsync
	attackValueBytes = 4096
	attackAgents     = 3
	attackLatecomers = 1 // the agent of the writers that die
	agentClients     = 4 // of each agent
	attackClients    = agentClients * (attackAgents + attackLatecomers)
	attackKeys       = attackClients

	preloadTime  = 100 * time.Millisecond
	readBackTime = 150 * time.Millisecond
	bucketTime   = 100 * time.Millisecond
	patience     = 10 * time.Second // after which an operation hangs
	shortTemper  = 2 * time.Second  // of trials of which nothing is expected
)

// trial is one trial in progress.
type trial struct {
	*attacker
	protocol protocols.Protocol
	attack   byzantine.Attack
	expected byzantine.Expectation
	seed     uint64
	start    int64 // of the load, ns on the run's clock
	load     time.Duration

	cluster  *cluster
	mustEnd  []int    // servers that may not serve to the end
	journals []string // of writers that die
	reports  []agent.MixedReport
	loaded   []agent.MixedReport // those of the measured load

	mu     sync.Mutex
	events []result.Event
	findings
}

// play plays one trial.
func (a *attacker) play(ctx context.Context, p protocols.Protocol, attack byzantine.Attack) (result.Trial, error) {
	t := &trial{
		attacker: a, protocol: p, attack: attack, expected: attack.Expected(p), seed: a.seed(p, attack),
		load: a.load(attack),
	}
	out := t.describe()
	if out.Skipped = t.skip(); out.Skipped != "" {
		out.Held = true
		return out, nil
	}
	entries, err := t.run(ctx)
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	if err != nil && attack.ID != result.FaultFree { // a server that crashed by itself, say: it is what came of the attack
		out.Harms[string(byzantine.Failure)] = 1
		out.Detail = err.Error()
		return out, nil
	} else if err != nil {
		return out, err
	}
	return out, t.conclude(&out, entries)
}

// describe is the trial before it is played.
func (t *trial) describe() result.Trial {
	return result.Trial{
		Protocol: protocols.NameOf(t.protocol), Attack: t.attack.ID, Name: t.attack.Name, T: t.T, Servers: t.protocol.Traits(t.T).Servers,
		ValueBytes: attackValueBytes, Clients: attackAgents * agentClients,
		Keys: attackKeys, Seed: t.seed, Expected: t.expected.String(), Expectation: t.expected.Code(), Harms: map[string]int64{},
		History: t.name() + historySuffix, Started: time.Now().UTC().Format(time.RFC3339),
	}
}

// name is that of the trial's files.
func (t *trial) name() string { return protocols.NameOf(t.protocol) + "-" + t.attack.ID }

// run plays the trial on fresh servers and returns its history, which it also stores.
func (t *trial) run(ctx context.Context) (entries []history.Entry, err error) {
	hosts, release, err := t.network(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	liars := map[int]string{}
	if t.attack.Server != nil {
		for i := range t.T + t.attack.Liars {
			liars[i] = t.attack.ID
		}
	}
	spec := clusterSpec{
		protocol: t.protocol, suite: attackSuite, t: t.T, durability: attackDurability,
		congestion: t.hosts.testbed.Topology.Congestion, valueBytes: attackValueBytes, clients: attackClients,
		latecomers: attackLatecomers, liars: liars, seed: t.seed,
	}
	log := filepath.Join(t.dir, result.LogDir, t.name()+".log")
	err = runCluster(ctx, hosts, t.scratch, log, spec, func(ctx context.Context, c *cluster) error {
		t.cluster = c
		if err := t.phases(ctx); err != nil {
			return err
		}
		entries, err = t.saveHistory(ctx)
		if err != nil {
			return err
		}
		t.judgeEnded()
		return t.judgeGrowth(ctx, entries)
	})
	return entries, err
}

// phases writes the keys, loads the cluster under attack, and reads the keys in the end.
func (t *trial) phases(ctx context.Context) error {
	if _, err := t.mix(ctx, "preload", everyone, clock.Now()+int64(startDelay), preloadTime, 1); err != nil {
		return err
	}
	if err := t.underAttack(ctx); err != nil {
		return err
	}
	if rotates(t.attack) && t.hosts.testbed.Mode != netem.ModeLoopback {
		if err := t.rotate(ctx); err != nil {
			return err
		}
	}
	if crowds(t.attack, t.protocol) {
		if err := t.crowd(ctx); err != nil {
			return err
		}
	}
	_, err := t.mix(ctx, "read back", everyone, clock.Now()+int64(startDelay), readBackTime, 0)
	return err
}

// everyone is all agents but the one that joins late.
var everyone = []int{0, 1, 2}

// underAttack runs the measured load, and what the attack asks for beside it.
func (t *trial) underAttack(ctx context.Context) error {
	t.start = clock.Now() + int64(startDelay)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		t.loaded, err = t.mix(ctx, "load", everyone, t.start, t.load, 0.5)
		return err
	})
	faults := plan(t.attack, t.protocol.Traits(t.T).Servers, t.T, t.load)
	group.Go(func() error { return t.inflict(ctx, t.start, faults) })
	if t.attack.Reader != nil {
		group.Go(func() error { return t.assault(ctx) })
	}
	if t.attack.WriterDies > 0 {
		group.Go(func() error { return t.killWriters(ctx) })
	}
	return group.Wait()
}

// mix has the clients of some agents run READs and WRITEs in a closed loop.
func (t *trial) mix(ctx context.Context, phase string, agents []int, start int64, length time.Duration,
	writes float64,
) ([]agent.MixedReport, error) {
	return t.mixOn(ctx, attackKeys, phase, agents, start, length, writes)
}

// mixOn is mix on so many keys.
func (t *trial) mixOn(ctx context.Context, keys int, phase string, agents []int, start int64, length time.Duration,
	writes float64,
) ([]agent.MixedReport, error) {
	spec := agent.MixedSpec{
		WriteShare: writes, Keys: keys, Seed: workloads.Derive(t.seed, phase), StartNs: start,
		EndNs: start + int64(length), BucketNs: int64(bucketTime), OpTimeoutNs: int64(patience),
	}
	if t.expected.Beyond {
		spec.OpTimeoutNs = int64(shortTemper)
	}
	reports := make([]agent.MixedReport, len(agents))
	group, ctx := errgroup.WithContext(ctx)
	for i, n := range agents {
		group.Go(func() (err error) {
			reports[i], err = control.Call(ctx, t.cluster.agents[n], agent.MixedCall, spec)
			return err
		})
	}
	err := group.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reports = append(t.reports, reports...)
	return reports, err
}

// saveHistory gathers all operations so far and stores them.
func (t *trial) saveHistory(ctx context.Context) ([]history.Entry, error) {
	path := filepath.Join(t.dir, result.HistoryDir, t.name()+historySuffix)
	entries, err := t.cluster.saveHistory(ctx, path)
	if err != nil || len(t.journals) == 0 {
		return entries, err
	}
	onLateHost := t.cluster.agents[len(t.cluster.agents)-1]
	for _, j := range t.journals {
		late, err := control.Call(ctx, onLateHost, agent.JournalCall, j)
		if err != nil {
			return nil, err
		}
		entries = append(entries, late...)
	}
	return entries, history.WriteFile(path, entries)
}
