package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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
	var all errgroup.Group
	for _, c := range a.clients {
		all.Go(func() error {
			n, err := a.assault(ctx, c, spec)
			attacks.Add(n)
			return err
		})
	}
	err := all.Wait()
	return attacks.Load(), cmp.Or(ctx.Err(), err)
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

// assault is one hostile client. How its attacks end is of no interest.
func (a *Agent) assault(ctx context.Context, c *loadClient, spec Spec) (attacks int64, err error) {
	keys := workloads.NewChooser(spec.Seed, c.number(), spec.Keys)
	if clock.SleepUntil(ctx, spec.StartNs) != nil {
		return 0, nil
	}
	for ; clock.Now() < spec.EndNs && ctx.Err() == nil; attacks++ {
		call, err := a.attackOn(c, keys(), spec.Keys)
		if err != nil {
			return attacks, err
		}
		limited, cancel := context.WithTimeout(ctx, assaultTimeout)
		if outcome, err := call.Run(limited); err == nil {
			outcome.Release()
		}
		cancel()
	}
	return attacks, nil
}

// attackOn prepares an attack on one of so many keys: a READ of a hostile register, or a lie.
func (a *Agent) attackOn(c *loadClient, key, keys int) (client.Call, error) {
	if c.liar == nil {
		return c.client.Read(workloads.KeyName(key)), nil
	}
	op, own := a.toWrite(c, key, keys)
	if op != protocols.Write {
		return client.Call{}, fmt.Errorf("client %d may write none of %d keys, as each has one writer: give more", c.index, keys)
	}
	return a.lie(c, workloads.KeyName(own))
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
