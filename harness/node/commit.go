package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/storage"
	"github.com/powbench/powbench/workloads"
)

// Committing says what the servers' processes commit to Pebble alone, each for itself: as many committers as the load has
// clients commit the batches of one WRITE after the other, each batch when the last one is durable.
type Committing struct {
	Batches    [][][]model.Stored // of one WRITE, by server
	Committers int
	Keys       int // from which each committer draws one for each WRITE
	Seed       uint64
	// From StartNs on committers begin to commit, one after the other, as a load's clients do. What ends before WarmupEndNs is
	// not reported. None begins a WRITE after LatestNs, or after the instant that CloseCall says.
	StartNs, WarmupEndNs, LatestNs int64
}

// A Span is when a WRITE's batches began to be committed and when the last was durable, in ns on the run's clock.
type Span struct{ Start, End int64 }

// Commits are the WRITEs whose batches a server has committed.
type Commits struct {
	EndNs int64  // when the window ended
	Spans []Span // of those that ended after the warm-up
}

// committing is a Committing under way at one server.
type committing struct {
	Committing
	pebble  storage.Pebble
	batches [][]model.Stored
	records [][]protocols.Record // of them, which all committers share: the database copies what it stores
	end     atomic.Int64         // after which no WRITE begins
	ended   atomic.Int64         // WRITEs that ended after the warm-up
}

// Commit commits until the window has ended.
func (n *Node) Commit(ctx context.Context, spec Committing) (done Commits, err error) {
	pebble, err := n.store.Pebble()
	if err != nil {
		return done, err
	}
	if n.cfg.Index >= len(spec.Batches) || len(spec.Batches[n.cfg.Index]) == 0 {
		return done, fmt.Errorf("server %d has no batches to commit", n.cfg.Index+1)
	}
	c := &committing{Committing: spec, pebble: pebble, batches: spec.Batches[n.cfg.Index]}
	c.records = recordsOf(c.batches, spec.Seed)
	c.end.Store(spec.LatestNs)
	n.committing.Store(c)
	done.Spans, err = c.run(ctx)
	done.EndNs = c.end.Load()
	return done, err
}

// Committed is how many of the WRITEs that Commit commits have ended after the warm-up.
func (n *Node) Committed(context.Context, control.Nothing) (int64, error) {
	c, err := n.underWay()
	if err != nil {
		return 0, err
	}
	return c.ended.Load(), nil
}

// CloseWindow says when the window of Commit ends.
func (n *Node) CloseWindow(_ context.Context, ns int64) (none control.Nothing, err error) {
	c, err := n.underWay()
	if err == nil {
		c.end.Store(ns)
	}
	return none, err
}

func (n *Node) underWay() (*committing, error) {
	if c := n.committing.Load(); c != nil {
		return c, nil
	}
	return nil, errors.New("nothing is being committed: begin with the call " + string(CommitCall))
}

// run lets the committers commit.
func (c *committing) run(ctx context.Context) (all []Span, err error) {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for i := range c.Committers {
		group.Go(func() error {
			k := c.newCommitter(uint64(i))
			if err := clock.SleepUntil(ctx, clock.Staggered(c.StartNs, c.WarmupEndNs, i, c.Committers)); err != nil {
				return err
			}
			spans, err := k.run(ctx)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, spans...)
			return err
		})
	}
	return all, group.Wait()
}

// A committer commits one WRITE's batches after the other.
type committer struct {
	*committing
	number uint64
	choose workloads.Chooser
	own    [][]protocols.Record // the records, under its own names
	writes uint64
}

func (c *committing) newCommitter(number uint64) *committer {
	k := &committer{committing: c, number: number, choose: workloads.NewChooser(c.Seed, number, c.Keys)}
	for _, records := range c.records {
		k.own = append(k.own, slices.Clone(records))
	}
	return k
}

// recordsOf are records as long as the batches', of random bytes.
func recordsOf(batches [][]model.Stored, seed uint64) (all [][]protocols.Record) {
	random := rand.NewChaCha8([32]byte(binary.LittleEndian.AppendUint64(make([]byte, 24), seed)))
	bytes := func(n int) []byte {
		if n == 0 {
			return nil // as a record without a payload has it
		}
		b := make([]byte, n)
		_, _ = random.Read(b) // cannot fail
		return b
	}
	for _, batch := range batches {
		records := make([]protocols.Record, len(batch))
		for i, s := range batch {
			records[i] = protocols.Record{Name: s.Name, Body: bytes(s.Body), Payload: bytes(s.Payload)}
		}
		all = append(all, records)
	}
	return all
}

// run commits until the window has ended.
func (k *committer) run(ctx context.Context) (spans []Span, err error) {
	for ctx.Err() == nil {
		s := Span{Start: clock.Now()}
		if s.Start >= k.end.Load() {
			return spans, nil
		}
		if err := k.write(); err != nil {
			return spans, err
		}
		if s.End = clock.Now(); s.End >= k.WarmupEndNs {
			spans = append(spans, s)
			k.ended.Add(1)
		}
	}
	return spans, ctx.Err()
}

// write commits the batches of one WRITE.
func (k *committer) write() error {
	k.writes++
	key := workloads.KeyName(k.choose())
	for i, batch := range k.batches {
		for j, s := range batch {
			if s.New {
				k.own[i][j].Name = renamed(s.Name, k.number<<32|k.writes)
			}
		}
		if err := k.pebble.Commit(key, k.own[i]); err != nil {
			return err
		}
	}
	return nil
}

// renamed is a name that no other WRITE has: as long as the one of the dry run, if that has room for the number.
func renamed(name string, number uint64) string {
	unique := fmt.Sprintf("%016x", number)
	return name[:max(0, len(name)-len(unique))] + unique
}
