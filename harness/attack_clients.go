package harness

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// hostilePID is the process id of the first hostile reader, far from those of others.
const hostilePID = agent.IncarnationPIDs / 2

// lateHost carries the agents that take part in some trials only.
func (c *cluster) lateHost() *netem.Host { return c.hosts.clients[len(c.hosts.clients)-1] }

// assault has hostile readers attack while the load lasts.
func (t *trial) assault(ctx context.Context) error {
	cfg := t.cluster.agentConfig(attackAgents)
	cfg.Hostile, cfg.Keys, cfg.FirstPID = t.attack.ID, t.cluster.readers, hostilePID
	p, err := t.cluster.startAgent(ctx, t.cluster.lateHost(), cfg)
	if err != nil {
		return err
	}
	t.note("readers attack")
	_, err = control.Call(ctx, p, agent.AssaultCall, t.lateSpec())
	t.note("readers have attacked")
	return errors.Join(err, end(p))
}

// lateSpec is the load of an agent that joins now.
func (t *trial) lateSpec() agent.MixedSpec {
	return agent.MixedSpec{
		WriteShare: 1, Keys: attackKeys, Seed: workloads.Derive(t.seed, "late"), StartNs: clock.Now(),
		EndNs: t.start + int64(t.load), BucketNs: int64(bucketTime), OpTimeoutNs: int64(patience),
	}
}

// end kills an agent whose work is done.
func end(p *control.Client) error {
	p.LetEnd()
	return p.Kill()
}

// The life of a writer that dies, once it is connected.
const (
	shortestLife = 5 * time.Millisecond
	longestLife  = 60 * time.Millisecond
)

// killWriters has writers die in the middle of what they do, and others follow them, while the load lasts.
func (t *trial) killWriters(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(t.seed, 0))
	for life := 0; clock.Now() < t.start+int64(t.load); life++ {
		span := shortestLife + time.Duration(rng.Int64N(int64(longestLife-shortestLife)))
		if err := t.liveAndDie(ctx, t.mortal(life), span); err != nil {
			return err
		}
	}
	return nil
}

// mortal configures the writers of one life. Those that follow them are new processes and know from the journal what a
// single writer has issued. Against D5 they come back with the old process ids or, where a key has one writer and the
// id means nothing, without that knowledge.
func (t *trial) mortal(life int) agent.Config {
	cfg := t.cluster.agentConfig(attackAgents)
	cfg.FirstPID = firstPID(life)
	forget := t.attack.SamePID && t.protocol.Traits(1).Writers == protocols.One
	if t.attack.SamePID && !forget {
		cfg.FirstPID = firstPID(0)
	}
	if len(t.journals) == 0 || forget {
		t.journals = append(t.journals, filepath.Join(t.cluster.spec.dir, fmt.Sprintf("journal-%d", life)))
	}
	cfg.Journal = t.journals[len(t.journals)-1]
	return cfg
}

// firstPID is the process id of the first writer of a life, different from those of all others.
func firstPID(life int) uint64 { return 1 + uint64(life+1)*attackClients }

// liveAndDie starts writers, and kills them that long after they began to write.
func (t *trial) liveAndDie(ctx context.Context, cfg agent.Config, span time.Duration) error {
	p, err := t.cluster.startAgent(ctx, t.cluster.lateHost(), cfg)
	if err != nil {
		return err
	}
	go func() { _, _ = control.Call(ctx, p, agent.MixedCall, t.lateSpec()) }() // it ends with the process
	if err := clock.Sleep(ctx, span); err != nil {
		return errors.Join(err, end(p))
	}
	t.note("writers die")
	return end(p)
}
