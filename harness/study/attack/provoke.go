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

// This file holds what trials do in addition to the load to bring a harm about: they cut links in turn, let clients
// crowd, let readers attack and let writers die.

// rotates reports whether attacking servers do their harm only if links of correct servers are cut as well, in turn and
// for a short while. Every protocol gets the same.
func rotates(a byzantine.Attack) bool { return a.Server != nil && a.Does(byzantine.Stale) }

const (
	rotationRounds = 3 // in each of which servers miss something and are asked
	rotations      = 5 // at most
)

// rotate cuts links of correct servers in turn, because stale servers are rare on a fast network. For a protocol that is
// to withstand the attack, it does so once. For others it tries a few times until the harm shows: on a busy machine
// little happens while a link is cut.
func (t *trial) rotate(ctx context.Context) error {
	for i := range rotations {
		if err := t.rotateOnce(ctx, fmt.Sprint("rotation ", i)); err != nil {
			return err
		}
		if t.expected.Harm == byzantine.NoHarm {
			return nil
		}
		entries, err := t.saveHistory(ctx)
		if err != nil || history.CheckAs(entries, t.promise).Code == result.Violation {
			return err
		}
	}
	return nil
}

// rotateOnce cuts links while two agents load the cluster. The third reads right after each first cut: what the others
// sent to the servers that were cut off is still lost then, because TCP sends it again only after 200 ms.
func (t *trial) rotateOnce(ctx context.Context, phase string) error {
	faults := rotation(t.T, t.protocol.Traits(t.T).Servers, t.T, rotationRounds)
	begin := soon()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return t.inflict(ctx, begin, faults) })
	group.Go(func() error {
		_, err := t.mix(ctx, phase, []int{0, 1}, keys, begin, rotationRounds*rotationTime, 0.5)
		return err
	})
	group.Go(func() error {
		for r := range rotationRounds {
			at := begin + int64(time.Duration(r)*rotationTime+cutTime)
			if _, err := t.mix(ctx, fmt.Sprint(phase, " probe ", r), []int{2}, keys, at, cutTime, 0); err != nil {
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

// crowds reports whether the attack of servers may make READs of the protocol take more than two rounds. It does if the
// attackers alone have seen a WRITE complete, which is rare unless all clients crowd on one key.
func crowds(a byzantine.Attack, p protocols.Protocol) bool {
	return a.Server != nil && a.Expected(p).Rounds > 2
}

// crowd has all clients use one key, until a READ takes as many rounds as the attack may cause, but only a few times.
func (t *trial) crowd(ctx context.Context) error {
	for i := range crowdings {
		tally, err := t.mix(ctx, fmt.Sprint("crowd ", i), everyone, 1, soon(), crowdTime, 0.5)
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

// hostilePID is the process id of the first hostile client, far from those of others.
const hostilePID = agent.IncarnationPIDs / 2

// assault has hostile readers or writers attack while the load lasts. What writers that lie may have written is in a journal, as
// READs may return it.
func (t *trial) assault(ctx context.Context) error {
	cfg := t.cluster.AgentConfig(Agents)
	cfg.Hostile, cfg.FirstPID = t.attack.ID, hostilePID
	who := "readers"
	if t.attack.Writer == nil {
		cfg = t.cluster.AsReader(cfg)
	} else {
		who, cfg.Journal = "writers", t.cluster.Journal("lies")
		t.journals = append(t.journals, cfg.Journal)
	}
	p, err := t.cluster.StartAgent(ctx, cfg)
	if err != nil {
		return err
	}
	t.note(who + " attack")
	_, err = control.Call(ctx, p, agent.AssaultCall, t.lateSpec())
	t.note(who + " have attacked")
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
		if err := t.liveAndDie(ctx, t.mortal(t.cluster.AgentConfig(Agents), life), span); err != nil {
			return err
		}
	}
	return nil
}

// mortal configures the writers of one life. Their successors are new processes that know from the journal what a single
// writer has issued. An attack on D5 brings them back with the old process ids or, where each key has one writer and the
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
