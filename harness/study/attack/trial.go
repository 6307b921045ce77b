package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// What all trials have in common. There are as many keys as clients, so that each client has its own where a key has one
// writer, and few enough for operations to meet.
const (
	suiteName    = result.Paper
	durability   = protocols.Fsync
	valueBytes   = 4096
	latecomers   = 1 // the agent of the writers that die
	agentClients = 4 // of each agent
	clients      = agentClients * (Agents + latecomers)
	keys         = clients

	preloadTime  = 100 * time.Millisecond
	readBackTime = 150 * time.Millisecond
	bucketTime   = 100 * time.Millisecond
	patience     = 10 * time.Second // after which an operation hangs
	shortTemper  = 2 * time.Second  // of trials of which nothing is expected
)

// Agents is how many load generators a trial has, besides one that joins late.
const Agents = 3

// trial is one attack on one protocol: a task of the study.
type trial struct {
	*player
	protocol protocols.Protocol
	attack   byzantine.Attack
	expected byzantine.Expectation
	seed     uint64
	start    int64 // of the load, ns on the run's clock
	load     time.Duration

	cluster  *cluster.Cluster
	mustEnd  []int       // servers that may not serve to the end
	journals []string    // of writers that die
	all      agent.Tally // of all loads
	loaded   agent.Tally // of the measured load

	mu     sync.Mutex
	events []result.Event
	findings
}

// seed decides what the trial leaves to chance. It is the same however many others are played.
func (p *player) seed(system protocols.Protocol, a byzantine.Attack) uint64 {
	return workloads.Derive(p.Seed, protocols.NameOf(system), a.ID)
}

// Name implements study.Task.
func (t *trial) Name() string {
	return fmt.Sprintf("%s %s (%s)", protocols.NameOf(t.protocol), t.attack.ID, t.attack.Name)
}

// Do implements study.Task: it plays the trial.
func (t *trial) Do(ctx context.Context, _ int) (result.Line, string, error) {
	out := t.describe()
	if out.Skipped = t.skip(); out.Skipped != "" {
		out.Held = true
		return out, t.tell(out), nil
	}
	if k := t.guest(); k != nil {
		out, err := t.inGuest(ctx, *k)
		return out, t.tell(out), err
	}
	entries, err := t.run(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, "", context.Cause(ctx)
	case err == nil:
		t.conclude(&out, entries)
	case t.attack.ID != result.FaultFree: // such as a server that crashed by itself: that came of the attack
		out.Harms[string(byzantine.Failure)] = 1
		out.Detail, err = err.Error(), nil
	}
	return out, t.tell(out), err
}

// describe is the trial before it is played.
func (t *trial) describe() result.Trial {
	return result.Trial{
		Protocol: protocols.NameOf(t.protocol), Attack: t.attack.ID, Name: t.attack.Name, T: t.T,
		Servers: t.protocol.Traits(t.T).Servers, ValueBytes: valueBytes, Clients: Agents * agentClients, Keys: keys,
		Seed: t.seed, Expected: t.expected.String(), Expectation: result.Expectation(t.expected.Code()), Harms: map[string]int64{},
		History: t.fileName() + result.HistorySuffix, Started: time.Now().UTC().Format(time.RFC3339),
	}
}

// fileName is the name of the trial's files.
func (t *trial) fileName() string { return protocols.NameOf(t.protocol) + "-" + t.attack.ID }

// tell sums the trial up for a person, compared with the protocol's fault-free one.
func (t *trial) tell(out result.Trial) string {
	if t.attack.ID == result.FaultFree {
		t.baseline[out.Protocol] = out.ThroughputOps
	}
	text := out.Summary()
	if out.Skipped == "" {
		text += fmt.Sprintf("; %.0f ops/s", out.ThroughputOps)
		if base := t.baseline[out.Protocol]; base > 0 {
			text += fmt.Sprintf(" (%.0f %%)", 100*out.ThroughputOps/base)
		}
		text += fmt.Sprintf(", p99 of READs %.1f ms, of WRITEs %.1f ms", out.ReadMs.P99, out.WriteMs.P99)
	}
	if !out.Held {
		text += "; " + out.Detail
	}
	return text
}

// shaper is the testbed if it can cut links, or nil.
func (t *trial) shaper() testbed.Shaper {
	s, _ := t.bench.Testbed.(testbed.Shaper)
	return s
}

// skip says why the trial cannot be played here; it is empty if it can.
func (t *trial) skip() string {
	_, machines := t.bench.Testbed.(testbed.Machines)
	switch {
	case machines && (needsLinks(t.attack, t.protocol) || t.attack.Unruly):
		return "the links of a cluster's machines are left as they are: play it on one machine, in network namespaces"
	case t.shaper() == nil && needsLinks(t.attack, t.protocol):
		return "plain loopback has no links to cut; `powbench doctor` tells how to get network namespaces"
	}
	if t.attack.Unruly {
		if err := testbed.CanDelay(); err != nil && t.guest() == nil {
			return err.Error()
		}
	}
	return ""
}

// needsLinks reports whether the trial needs links that can be cut.
func needsLinks(a byzantine.Attack, p protocols.Protocol) bool {
	return a.Isolate != [2]int{} || rotates(a) && a.Expected(p).Harm != byzantine.NoHarm
}

// network is the testbed of the trial: the run's, or one that delays and reorders packets if the attack asks for that.
func (t *trial) network(ctx context.Context) (tb testbed.Testbed, release func() error, err error) {
	if !t.attack.Unruly {
		return t.bench.Testbed, func() error { return nil }, nil
	}
	spec := t.testbed
	spec.Scratch, spec.Offload = t.Scratch, false
	unruly := testbed.Delay{Mean: 2 * time.Millisecond, Jitter: 2 * time.Millisecond, Reorder: 0.25, Limit: 100_000}
	spec.Delays = &testbed.Delays{Between: func(_, _ int) testbed.Delay { return unruly }}
	if tb, err = testbed.Open(ctx, spec, io.Discard); err != nil {
		return nil, nil, err
	}
	return tb, tb.Close, nil
}

// run plays the trial on fresh servers and returns its history, which it also stores.
func (t *trial) run(ctx context.Context) (entries []history.Entry, err error) {
	tb, release, err := t.network(ctx)
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
	err = cluster.Run(ctx, tb, filepath.Join(t.bench.Dir, result.LogDir, t.fileName()+".log"), cluster.Spec{
		Protocol: t.protocol, Suite: suiteName, T: t.T, Durability: durability, ValueBytes: valueBytes, Clients: clients,
		Agents: Agents, Latecomers: latecomers, Liars: liars, Seed: t.seed,
		TLS: t.TLS,
	}, func(ctx context.Context, c *cluster.Cluster) error {
		t.cluster = c
		if err := t.phases(ctx); err != nil {
			return err
		}
		if entries, err = t.saveHistory(ctx); err != nil {
			return err
		}
		t.judgeEnded()
		return t.judgeGrowth(ctx, entries)
	})
	return entries, err
}

// phases writes the keys, loads the cluster under attack, and reads the keys in the end.
func (t *trial) phases(ctx context.Context) error {
	if _, err := t.mix(ctx, "preload", everyone, keys, soon(), preloadTime, 1); err != nil {
		return err
	}
	if err := t.underAttack(ctx); err != nil {
		return err
	}
	if rotates(t.attack) && t.shaper() != nil {
		if err := t.rotate(ctx); err != nil {
			return err
		}
	}
	if interrupts(t.attack) {
		if err := t.interrupt(ctx); err != nil {
			return err
		}
	}
	if crowds(t.attack, t.protocol) {
		if err := t.crowd(ctx); err != nil {
			return err
		}
	}
	_, err := t.mix(ctx, "read back", everyone, keys, soon(), readBackTime, 0)
	return err
}

// everyone is all agents but the one that joins late.
var everyone = []int{0, 1, 2}

// soon is when a load can start that agents are told of now.
func soon() int64 { return clock.Now() + int64(cluster.StartDelay) }

// underAttack runs the measured load, and at the same time what the attack asks for.
func (t *trial) underAttack(ctx context.Context) error {
	t.start = soon()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		t.loaded, err = t.mix(ctx, "load", everyone, keys, t.start, t.load, 0.5)
		return err
	})
	faults := plan(t.attack, t.protocol.Traits(t.T).Servers, t.T, t.load)
	group.Go(func() error { return t.inflict(ctx, t.start, faults) })
	if t.attack.Reader != nil || t.attack.Writer != nil {
		group.Go(func() error { return t.assault(ctx) })
	}
	if t.attack.WriterDies > 0 {
		group.Go(func() error { return t.killWriters(ctx) })
	}
	return group.Wait()
}

// mix has the clients of some agents run READs and WRITEs in a closed loop.
func (t *trial) mix(ctx context.Context, phase string, agents []int, keys int, start int64, length time.Duration,
	writes float64,
) (agent.Tally, error) {
	spec := agent.Spec{
		Faulty: true, WriteShare: writes, Keys: keys, Seed: workloads.Derive(t.seed, phase), StartNs: start,
		EndNs: start + int64(length), BucketNs: int64(bucketTime), OpTimeoutNs: int64(patience),
	}
	if t.expected.Beyond {
		spec.OpTimeoutNs = int64(shortTemper)
	}
	tally, err := t.cluster.LoadOn(ctx, agents, spec)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.Merge(&tally)
	return tally, err
}

// saveHistory gathers all operations so far and stores them.
func (t *trial) saveHistory(ctx context.Context) ([]history.Entry, error) {
	return t.cluster.SaveHistory(ctx, filepath.Join(t.bench.Dir, result.HistoryDir, t.fileName()+result.HistorySuffix), t.journals...)
}
