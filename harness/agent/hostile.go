package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/history"
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
	if attack.Writer != nil && !attack.Lone() || attack.Writer == nil && attack.Reader == nil {
		return attack, fmt.Errorf("attack %s (%s) is none that readers or writers make", attack.ID, attack.Name)
	}
	return attack, nil
}

// hostile reports whether the agent's clients attack.
func (a *Agent) hostile() bool { return a.attack.Reader != nil || a.attack.Writer != nil }

// part is what the process attacks with.
func (a *Agent) part(pid uint64) byzantine.Part {
	return byzantine.Part{
		Protocol: a.protocol, T: a.cfg.T, Suite: a.primitives, Index: int(pid),
		Dice: byzantine.NewDice(workloads.Derive(a.cfg.Seed, "reader", pid)), Loot: &a.loot,
	}
}

// corrupt makes the register of the process hostile, if the agent's readers are.
func (a *Agent) corrupt(r protocols.Register, pid uint64) protocols.Register {
	if a.attack.Reader == nil {
		return r
	}
	return a.attack.Reader(a.part(pid), r)
}

// Assault has the hostile clients attack in a loop, keys drawn as in a load, and returns how often they did. What
// becomes of it is in no history; but what writers that lie may have written is.
func (a *Agent) Assault(ctx context.Context, spec Spec) (int64, error) {
	if !a.hostile() {
		return 0, errors.New("the agent's clients are not hostile: configure an attack of readers or writers")
	}
	if err := spec.check(); err != nil {
		return 0, err
	}
	var attacks atomic.Int64
	var wg sync.WaitGroup
	for _, c := range a.clients {
		wg.Go(func() { attacks.Add(a.assault(ctx, c, spec)) })
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
func (a *Agent) assault(ctx context.Context, c *loadClient, spec Spec) (attacks int64) {
	keys := workloads.NewChooser(spec.Seed, c.number(), spec.Keys)
	if clock.SleepUntil(ctx, spec.StartNs) != nil {
		return 0
	}
	for clock.Now() < spec.EndNs && ctx.Err() == nil {
		attacks++
		a.attackOn(ctx, c, keys(), spec.Keys)
	}
	return attacks
}

// attackOn is one attack on one of so many keys. How it ends is of no interest.
func (a *Agent) attackOn(ctx context.Context, c *loadClient, key, keys int) {
	ctx, cancel := context.WithTimeout(ctx, assaultTimeout)
	defer cancel()
	var call client.Call
	if c.liar == nil {
		call = c.client.Read(workloads.KeyName(key))
	} else if op, own := a.toWrite(c, key, keys); op == protocols.Write {
		lie, err := a.lie(c, workloads.KeyName(own))
		if err != nil {
			a.log.Warn("a lie is in no journal, and is not told", "error", err)
			return
		}
		call = lie
	} else {
		return // it may write none of the keys
	}
	if outcome, err := call.Run(ctx); err == nil {
		outcome.Release()
	}
}

// lie prepares a lie about the key. Both WRITEs that it stands for are in the history and in the journal, and pending for ever: nobody
// can say when they take effect, if at all.
func (a *Agent) lie(c *loadClient, key protocols.Key) (call client.Call, err error) {
	var ids [2]workloads.ID
	for i := range ids {
		c.seq++
		ids[i] = workloads.ID{Client: c.pid, Seq: c.seq}
		entry := c.log().Begin(history.Entry{Op: protocols.Write, Key: key, Seq: c.seq, Start: clock.Now(), Value: ids[i]})
		if err := a.journal.record(journalLine{Operation: entry}); err != nil {
			return call, err
		}
	}
	return c.client.Attack(key, func(mem protocols.Memory) protocols.Operation {
		var values [2][]byte
		for i, id := range ids {
			values[i] = mem.Bytes(a.sizeOf(id))
			a.values.Fill(values[i], id, key)
		}
		return c.liar.Lie(key, values[0], values[1], mem)
	}), nil
}
