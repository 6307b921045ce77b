package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// A Spec is one load. In a closed loop each client begins an operation when its last has ended; in an open loop
// operations arrive by themselves, and an idle client runs each.
type Spec struct {
	result.Load         // of all agents together; 0 Clients are all that an agent has
	WriteShare  float64 // of the operations, 0 to 1
	KeyModel    string  // Uniform, also if empty, Hot or Zipf
	Keys        int     // from which clients draw in the uniform model and by Zipf's law
	Skew        float64 // exponent of Zipf's law, above 0
	Concurrency float64 // the probability of concurrency that the hot model aims at
	// BackgroundShare is the share of all bytes that one more client may take, of the first agent, to write beside the
	// load; 0 for none.
	BackgroundShare float64
	Seed            uint64
	// When the first operation begins, when the window does, and when it ends and no more operation begins: in ns of
	// CLOCK_MONOTONIC, which all processes of a machine share. With LatestNs behind EndNs the window lasts until
	// CloseWindow says, from EndNs to LatestNs.
	StartNs, WarmupEndNs, EndNs, LatestNs int64
	// Faulty says that servers may misbehave in any way. No client waits for one that lags or owes replies, as it may do so
	// for ever, and all that ends is in the window.
	Faulty      bool
	BucketNs    int64 // length of the tally's buckets; 0 for none
	OpTimeoutNs int64 // after which an operation is given up; 0 for a minute
}

// check says what is wrong with the spec.
func (s Spec) check() error {
	switch {
	case s.Keys < 1 && s.KeyModel != result.Hot:
		return fmt.Errorf("a load on %d keys: give at least 1", s.Keys)
	case s.KeyModel == result.Zipf && !(s.Skew > 0):
		return fmt.Errorf("a load of keys by Zipf's law with a skew of %v: give more than 0", s.Skew)
	case !(s.WriteShare >= 0 && s.WriteShare <= 1):
		return fmt.Errorf("a load with a share of WRITEs of %v: give 0 to 1", s.WriteShare)
	case s.BucketNs < 0:
		return fmt.Errorf("a load with buckets of %d ns: give 0 or more", s.BucketNs)
	case s.OpTimeoutNs < 0:
		return fmt.Errorf("a load with a time limit of %d ns: give 0 or more", s.OpTimeoutNs)
	}
	return nil
}

// keys draws the client's keys.
func (s *Spec) keys(client uint64) workloads.Chooser {
	switch s.KeyModel {
	case result.Hot:
		return workloads.NewHotChooser(s.Seed, client, s.Clients, s.Concurrency)
	case result.Zipf:
		return workloads.NewZipfChooser(s.Seed, client, s.Keys, s.Skew)
	}
	return workloads.NewChooser(s.Seed, client, s.Keys)
}

// ops draws the client's operations.
func (s *Spec) ops(client int) func() protocols.Op {
	switch s.WriteShare {
	case 0:
		return func() protocols.Op { return protocols.Read }
	case 1:
		return func() protocols.Op { return protocols.Write }
	}
	coin := rand.New(rand.NewPCG(workloads.Derive(s.Seed, "operations", client), 0))
	return func() protocols.Op {
		if coin.Float64() < s.WriteShare {
			return protocols.Write
		}
		return protocols.Read
	}
}

// Load runs the load until its last operation has ended or was given up and the links are at rest.
func (a *Agent) Load(ctx context.Context, spec Spec) (Tally, error) {
	if a.hostile() {
		return Tally{}, errors.New("the agent's clients are hostile: they can only attack")
	}
	if err := spec.check(); err != nil {
		return Tally{}, err
	}
	if err := a.checkWriters(spec); err != nil {
		return Tally{}, err
	}
	w := newWindow(ctx, spec)
	defer w.over()
	q, err := a.newQueue(w)
	if err != nil {
		return Tally{}, err
	}
	a.window.Store(w)
	defer a.window.Store(nil)
	bytes, messages := moved(a.links)
	sum := newTally(w)
	var tallies []*Tally
	var wg sync.WaitGroup
	for _, c := range a.clients {
		if spec.Clients > 0 && c.index >= spec.Clients {
			continue
		}
		t := newTally(w)
		tallies = append(tallies, t)
		wg.Go(func() { a.loop(ctx, c, w, q, t) })
	}
	if spec.BackgroundShare > 0 && a.cfg.Index == 0 {
		wg.Go(func() {
			var err error
			if sum.Background, err = a.writeBeside(ctx, w); err != nil {
				sum.fail(err)
			}
		})
	}
	wg.Wait()
	if err := w.wait(ctx); err != nil {
		return Tally{}, err
	}
	if err := a.drain(ctx, spec); err != nil {
		return Tally{}, err
	}
	for _, t := range tallies {
		t.settle()
		sum.Merge(t)
	}
	sum.Bytes, sum.Messages = moved(a.links)
	sum.Bytes, sum.Messages = sum.Bytes.Since(bytes), sum.Messages.Since(messages)
	return *sum, nil
}

// drain waits until the links are at rest.
func (a *Agent) drain(ctx context.Context, spec Spec) error {
	if spec.Faulty {
		return a.rest(ctx)
	}
	if err := a.links.Quiesce(ctx); err != nil {
		return fmt.Errorf("links do not come to rest: %w", err)
	}
	return nil
}

// maxLag is how many bytes a server may lag behind when a client begins an operation, or one value and its header if
// that is more. In a closed loop that only a quorum holds back, the requests to the slowest server would pile up, and
// throughput exceed what the network carries. Less would hold clients back for what connections make up for by themselves:
// those that share a full link do not share it alike while one of them recovers from a lost packet.
const maxLag = 1 << 20

// catchUp waits until no server lags further behind than it may, and returns whether all have caught up.
func (a *Agent) catchUp(ctx context.Context) bool {
	return a.links.CatchUp(ctx, max(maxLag, a.largest()+a.largest()/8))
}

// starts is when the client begins its first operation in a closed loop. Clients begin one after the other while the load warms
// up: of those that begin together all send, and then all receive, so that one direction of the links is idle while the other
// is full, and many clients take many operations until that is over.
func (a *Agent) starts(w *window, c *loadClient) int64 {
	return clock.Staggered(w.StartNs, w.WarmupEndNs, c.index, cmp.Or(w.Clients, a.cfg.Clients))
}

// loop is one client. It begins an operation when its last has ended and, in an open loop, the queue's next is due; once
// no server lags too far behind. In an open loop it begins none after the window. In a closed loop it goes on while operations
// that began in the window are in progress: without others beside them they would end sooner, and too large a part of
// each would count as inside.
func (a *Agent) loop(ctx context.Context, c *loadClient, w *window, q *queue, t *Tally) {
	next, stop, err := q.paced(t)
	if err != nil {
		t.fail(err)
		return
	}
	defer stop()
	idle := w.StartNs // since when
	if q == nil {
		idle = a.starts(w, c)
		if clock.SleepUntil(ctx, idle) != nil {
			return
		}
	}
	c.limit, c.load = time.Duration(w.OpTimeoutNs), w
	defer func() { c.limit, c.load = 0, nil }()
	keys, ops := w.keys(c.number()), w.ops(c.index)
	for due, ok := next(); ok; due, ok = next() {
		c.gauge.begin(&a.operations)
		begun, caughtUp := clock.Now(), true
		now := begun
		if !w.Faulty && !w.Ignores() {
			caughtUp = a.catchUp(ctx)
			now = clock.Now()
		}
		late := now >= w.until()
		if ctx.Err() != nil || late && (q != nil || w.Faulty || w.across.Load() == 0) {
			c.gauge.end()
			if q == nil {
				t.heldBack(idle, begun, now)
				return
			}
			t.neverBegan(due)
			continue
		}
		if !late {
			w.across.Add(1)
		}
		if !caughtUp {
			t.Overtaken++
		}
		op, key := ops(), keys()
		if op == protocols.Write {
			op, key = a.toWrite(c, key, w.Keys)
		}
		done, err := a.operate(ctx, c, op, key)
		if !late {
			w.across.Add(-1)
		}
		done.waited, done.free = now-begun, idle
		if q != nil {
			done.arrived(due, idle)
		}
		idle = done.end
		t.add(op, done, err)
		t.Gauged.add(c.gauge.end())
		if errors.Is(err, client.ErrPending) {
			a.incarnate(c)
		}
	}
}
