package attack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/workloads"
)

// This file is what trials do beside the load to bring a harm about: links that are cut in turn, clients that crowd,
// readers that attack and writers that die.

// rotates reports whether the harm of attacking servers shows only where asynchrony helps them: whether links of correct
// servers are cut, in turn and for a short while, beside it. Every protocol gets the same.
func rotates(a byzantine.Attack) bool { return a.Server != nil && a.Does(byzantine.Stale) }

const (
	rotationRounds = 3 // in each of which servers miss something and are asked
	rotations      = 5 // at most
)

// rotate cuts links of correct servers in turn: a harm that takes stale servers seldom shows on a fast network. A
// protocol that is to withstand it sees that once; of one that is not, the harm is sought a few times more if need be,
// for on a busy machine little happens while a link is cut.
func (t *trial) rotate(ctx context.Context) error {
	for i := range rotations {
		if err := t.rotateOnce(ctx, fmt.Sprint("rotation ", i)); err != nil {
			return err
		}
		if t.expected.Harm == byzantine.NoHarm {
			return nil
		}
		entries, err := t.saveHistory(ctx)
		if err != nil || history.Check(entries).Code == result.Violation {
			return err
		}
	}
	return nil
}

// rotateOnce cuts links while two agents load the cluster. The third asks right after each first cut, when what the
// others sent to the servers that were cut off is still lost: TCP sends it again after 200 ms.
func (t *trial) rotateOnce(ctx context.Context, phase string) error {
	faults := rotation(t.T, t.protocol.Traits(t.T).Servers, t.T, rotationRounds)
	begin := soon()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return t.inflict(ctx, begin, faults) })
	group.Go(func() error {
		_, err := t.mix(ctx, phase, []int{0, 1}, begin, rotationRounds*rotationTime, 0.5)
		return err
	})
	group.Go(func() error {
		for r := range rotationRounds {
			at := begin + int64(time.Duration(r)*rotationTime+cutTime)
			if _, err := t.mix(ctx, fmt.Sprint(phase, " probe ", r), []int{2}, at, cutTime, 0); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

const (
	crowdTime = time.Second
	crowdings = 8 // at most
)

// crowds reports whether servers attack so that READs of the protocol may take more rounds than two: they do if the
// attackers alone have seen a WRITE complete, which is seldom unless all clients crowd on one key.
func crowds(a byzantine.Attack, p protocols.Protocol) bool {
	return a.Server != nil && a.Expected(p).Rounds > 2
}

// crowd has all clients use one key until a READ has taken as many rounds as the attack may bring about, or a few times
// in vain.
func (t *trial) crowd(ctx context.Context) error {
	for i := range crowdings {
		start := soon()
		tally, err := t.mixOn(ctx, 1, fmt.Sprint("crowd ", i), everyone, start, crowdTime, 0.5)
		if err != nil || longestRead(tally) >= t.expected.Rounds {
			return err
		}
	}
	return nil
}

// longestRead is the most rounds that a READ took.
func longestRead(t agent.Tally) (most int) {
	for rounds := range t.Read.Rounds {
		most = max(most, rounds.Total())
	}
	return most
}

// hostilePID is the process id of the first hostile reader, far from those of others.
const hostilePID = agent.IncarnationPIDs / 2

// assault has hostile readers attack while the load lasts.
func (t *trial) assault(ctx context.Context) error {
	cfg := t.cluster.AgentConfig(agents)
	cfg.Hostile, cfg.Keys, cfg.FirstPID = t.attack.ID, t.cluster.Readers, hostilePID
	p, err := t.cluster.StartAgent(ctx, cfg)
	if err != nil {
		return err
	}
	t.note("readers attack")
	_, err = control.Call(ctx, p, agent.AssaultCall, t.lateSpec())
	t.note("readers have attacked")
	return errors.Join(err, cluster.End(p))
}

// lateSpec is the load of an agent that joins now.
func (t *trial) lateSpec() agent.Spec {
	return agent.Spec{
		Faulty:     true,
		WriteShare: 1, Keys: keys, Seed: workloads.Derive(t.seed, "late"), StartNs: clock.Now(),
		EndNs: t.start + int64(t.load), BucketNs: int64(bucketTime), OpTimeoutNs: int64(patience),
	}
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
		if err := t.liveAndDie(ctx, t.mortal(t.cluster.AgentConfig(agents), life), span); err != nil {
			return err
		}
	}
	return nil
}

// mortal configures the writers of one life. Those that follow them are new processes and know from the journal what a
// single writer has issued. Against D5 they come back with the old process ids or, where a key has one writer and the
// id means nothing, without that knowledge.
func (t *trial) mortal(cfg agent.Config, life int) agent.Config {
	cfg.FirstPID = firstPID(life)
	forget := t.attack.SamePID && t.protocol.Traits(1).Writers == protocols.One
	if t.attack.SamePID && !forget {
		cfg.FirstPID = firstPID(0)
	}
	if len(t.journals) == 0 || forget {
		t.journals = append(t.journals, t.cluster.Journal(fmt.Sprint("journal-", life)))
	}
	cfg.Journal = t.journals[len(t.journals)-1]
	return cfg
}

// firstPID is the process id of the first writer of a life, different from those of all others.
func firstPID(life int) uint64 { return 1 + uint64(life+1)*clients }

// liveAndDie starts writers, and kills them that long after they began to write.
func (t *trial) liveAndDie(ctx context.Context, cfg agent.Config, span time.Duration) error {
	p, err := t.cluster.StartAgent(ctx, cfg)
	if err != nil {
		return err
	}
	go func() { _, _ = control.Call(ctx, p, agent.LoadCall, t.lateSpec()) }() // it ends with the process
	if err := clock.Sleep(ctx, span); err != nil {
		return errors.Join(err, cluster.End(p))
	}
	t.note("writers die")
	return cluster.End(p)
}
