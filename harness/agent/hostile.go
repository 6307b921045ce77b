package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/workloads"
)

// assaultTimeout limits an attack: servers answer most of what they refuse with nothing.
const assaultTimeout = 50 * time.Millisecond

// hostility finds the attack that the configuration names.
func hostility(cfg Config) (attack byzantine.Attack, err error) {
	if cfg.Hostile == "" {
		return attack, nil
	}
	if attack, err = catalog.Attack(cfg.Hostile); err != nil {
		return attack, err
	}
	if attack.Reader == nil {
		return attack, fmt.Errorf("attack %s (%s) is none that readers take part in", attack.ID, attack.Name)
	}
	return attack, nil
}

// corrupt makes the register of the process hostile, if the agent is.
func (a *Agent) corrupt(r protocols.Register, pid uint64) protocols.Register {
	if a.attack.Reader == nil {
		return r
	}
	return a.attack.Reader(byzantine.Part{
		Protocol: a.protocol, T: a.cfg.T, Suite: a.primitives, Index: int(pid),
		Dice: byzantine.NewDice(workloads.Derive(a.cfg.Seed, "reader", pid)), Loot: &a.loot,
	}, r)
}

// Assault has the hostile clients attack in a loop, keys drawn as in a load, and returns how often they did. What
// becomes of it is in no history.
func (a *Agent) Assault(ctx context.Context, spec Spec) (int64, error) {
	if a.attack.Reader == nil {
		return 0, errors.New("the agent's clients are not hostile: configure an attack of readers")
	}
	if err := spec.check(); err != nil {
		return 0, err
	}
	var attacks atomic.Int64
	var wg sync.WaitGroup
	for _, c := range a.clients {
		wg.Go(func() { attacks.Add(c.assault(ctx, spec)) })
	}
	wg.Wait()
	return attacks.Load(), ctx.Err()
}

// A CrowdSpec says how many readers connect, and until when they stay.
type CrowdSpec struct {
	Readers int
	UntilNs int64 // of CLOCK_MONOTONIC
}

// Crowd has readers connect to all servers, one after the other, while there is time, and do nothing. In the end they go. It returns
// how many there were.
func (a *Agent) Crowd(ctx context.Context, spec CrowdSpec) (n int, err error) {
	stay, cancel := context.WithTimeout(ctx, time.Duration(spec.UntilNs-clock.Now()))
	defer cancel()
	var crowd []*transport.Links
	defer func() {
		for _, links := range crowd {
			err = errors.Join(err, links.Close())
		}
	}()
	for ; n < spec.Readers; n++ {
		links := transport.Dial(transport.ClientConfig{
			Protocol: a.cfg.Protocol, Servers: a.cfg.Servers, Role: protocols.Reader,
			NewBody: a.protocol.NewBody, Congestion: a.cfg.Congestion, Log: a.log,
		})
		crowd = append(crowd, links)
		if links.WaitConnected(stay) != nil {
			break
		}
	}
	<-stay.Done()
	return n, ctx.Err()
}

// assault is one hostile client.
func (c *loadClient) assault(ctx context.Context, spec Spec) (attacks int64) {
	keys := workloads.NewChooser(spec.Seed, c.number(), spec.Keys)
	if clock.SleepUntil(ctx, spec.StartNs) != nil {
		return 0
	}
	for clock.Now() < spec.EndNs && ctx.Err() == nil {
		attacks++
		c.attack(ctx, workloads.KeyName(keys()))
	}
	return attacks
}

// attack is one READ of the hostile register. How it ends is of no interest.
func (c *loadClient) attack(ctx context.Context, key protocols.Key) {
	ctx, cancel := context.WithTimeout(ctx, assaultTimeout)
	defer cancel()
	if outcome, err := c.client.Read(key).Run(ctx); err == nil {
		outcome.Release()
	}
}
