package agent

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/workloads"
)

// IncarnationPIDs is the distance between the process ids of a client's incarnations.
const IncarnationPIDs = 1_000_000

// loadClient is one client of a load. Of its operations at most one is in progress.
type loadClient struct {
	index  int    // in the run, from 0
	pid    uint64 // of its present incarnation (D5)
	links  *transport.Links
	client *client.Client
	logs   []*history.Log // one for each incarnation
	seq    uint64         // of the last operation
	limit  time.Duration  // of an operation; 0: opTimeout
	reach  client.Reach   // of its requests; zero: all servers
	gauge  gauge          // of the operation of a load that is in progress
	load   *window        // that it is in; nil: what it does is not part of a load
	liar   byzantine.Liar // in place of the register, of a writer that lies
}

// newClient returns the client in its first incarnation.
func (a *Agent) newClient(links *transport.Links, index int) *loadClient {
	c := &loadClient{index: index, links: links}
	a.become(c, cmp.Or(a.cfg.FirstPID, 1)+uint64(index))
	return c
}

// incarnate makes the client another process. One that gave up an operation must not go on as the same: an operation of
// its own on the key is in progress, perhaps for ever (D5).
func (a *Agent) incarnate(c *loadClient) { a.become(c, c.pid+IncarnationPIDs) }

func (a *Agent) become(c *loadClient, pid uint64) {
	params := protocols.ClientParams{
		T: a.cfg.T, PID: pid, Suite: a.primitives, Keys: a.cfg.Keys, Entropy: rand.Reader, Issued: &a.issued,
	}
	register := protocols.Incarnate(a.protocol, params)
	if a.attack.Writer != nil {
		c.liar = a.attack.Writer(a.part(pid), byzantine.NewFresh(a.protocol, params))
	}
	c.pid, c.seq = pid, max(c.seq, a.begun[pid])
	c.client = client.New(c.links, a.corrupt(register, pid), a.is.LyingServers)
	c.logs = append(c.logs, history.NewLog(pid))
}

// number is the client's in the run, from 1.
func (c *loadClient) number() uint64 { return uint64(c.index) + 1 }

// log is the log of the present incarnation.
func (c *loadClient) log() *history.Log { return c.logs[len(c.logs)-1] }

// completed is an operation that is over. Instants are in ns of the run's clock, times in ns.
type completed struct {
	due        int64 // when it was meant to start: in a closed loop when it did
	start, end int64
	free       int64 // in a closed loop, when the client's operation before it had ended
	rounds     result.Rounds
	most       result.Most // that it moved
	waited     int64       // by the client, before, for servers that lagged
	slip       int64       // by which it started late although the client was idle and no server lagged
	unrecorded bool
}

// operate runs one operation on the key, and tells the metrics of it.
func (a *Agent) operate(ctx context.Context, c *loadClient, op protocols.Op, key int) (completed, error) {
	if a.work == nil {
		return a.perform(ctx, c, op, key)
	}
	end := a.work.Begin(string(op))
	done, err := a.perform(ctx, c, op, key)
	end(outcomeOf(err))
	return done, err
}

// perform runs one operation on the key.
func (a *Agent) perform(ctx context.Context, c *loadClient, op protocols.Op, key int) (completed, error) {
	if op == protocols.Read {
		return a.read(ctx, c, key)
	}
	return a.write(ctx, c, key)
}

// write lays out the client's next value for the key and writes it. Only the protocol's work is timed.
func (a *Agent) write(ctx context.Context, c *loadClient, key int) (completed, error) {
	c.seq++
	id, name := workloads.ID{Client: c.pid, Seq: c.seq}, workloads.KeyName(key)
	c.gauge.stop()
	call := c.client.Write(name, a.sizeOf(id), func(value []byte) {
		c.gauge.start()
		a.values.Fill(value, id, name)
		c.gauge.stop()
	})
	c.gauge.start()
	return a.run(ctx, c, call, history.Entry{Op: protocols.Write, Key: name, Seq: c.seq, Value: id})
}

// sizeOf is the size of the value of that name.
func (a *Agent) sizeOf(id workloads.ID) int {
	if a.sizes == nil {
		return a.cfg.ValueBytes
	}
	return a.sizes.Of(id)
}

// largest is the size of the largest value.
func (a *Agent) largest() int {
	if a.sizes == nil {
		return a.cfg.ValueBytes
	}
	return a.sizes.Largest()
}

// read reads the key and checks that what came back is a value that was written to it, whole.
func (a *Agent) read(ctx context.Context, c *loadClient, key int) (completed, error) {
	c.seq++
	name := workloads.KeyName(key)
	c.gauge.stop()
	call := c.client.Read(name)
	c.gauge.start()
	return a.run(ctx, c, call, history.Entry{Op: protocols.Read, Key: name, Seq: c.seq})
}

// run drives the call and records it in the history, whatever becomes of it.
func (a *Agent) run(ctx context.Context, c *loadClient, call client.Call, e history.Entry) (completed, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.limit, opTimeout))
	defer cancel()
	e.Start = clock.Now()
	entry := &e
	unrecorded := c.load != nil && !c.load.records(e.Start)
	if !unrecorded {
		entry = c.log().Begin(e)
	}
	if err := a.journal.record(journalLine{Operation: entry}); err != nil {
		return completed{due: e.Start, start: e.Start, end: clock.Now()}, fmt.Errorf("%w; nothing was sent", err)
	}
	c.gauge.stop()
	outcome, err := call.Reaching(c.reach).Run(ctx)
	c.gauge.start()
	done := completed{due: e.Start, start: e.Start, end: clock.Now(), unrecorded: unrecorded}
	if err != nil {
		return done, fmt.Errorf("%s of key %q by client %d: %w", e.Op, e.Key, c.pid, err)
	}
	defer func() {
		c.gauge.stop()
		outcome.Release()
		c.gauge.start()
	}()
	done.rounds, done.most = outcome.Rounds, outcome.Most
	entry.Complete(done.end, outcome.Timestamp)
	if e.Op == protocols.Read {
		err = a.check(entry, outcome)
	}
	return done, errors.Join(err, a.journal.record(journalLine{Operation: entry}))
}

// check verifies what a READ returned and records which value it is.
func (a *Agent) check(entry *history.Entry, outcome *client.Outcome) (err error) {
	if entry.Bottom = outcome.Bottom; outcome.Bottom {
		return nil
	}
	if entry.Value, err = a.values.Check(outcome.Value, entry.Key); err != nil {
		entry.Value = history.Corrupt
		return fmt.Errorf("read of key %q: %w", entry.Key, err)
	}
	return nil
}

// EachSpec asks for one operation on every Stride-th of the keys From … To−1 that this agent is responsible for.
type EachSpec struct {
	Op               protocols.Op
	From, To, Stride int
	Faulty           bool // servers may misbehave in any way, as in a Spec
}

// Each runs the operations, beside any load. Its tally counts those that did not end well, and no others.
func (a *Agent) Each(ctx context.Context, spec EachSpec) (Tally, error) {
	tally := a.share(spec, func(c *loadClient, key int) error {
		if !spec.Faulty {
			a.catchUp(ctx) // what a link holds in excess of its room is discarded, and a server that lags would miss keys
		}
		_, err := a.operate(ctx, c, spec.Op, key)
		return err
	})
	return tally, a.rest(ctx)
}

// share does something with every key of the spec that falls to this agent, its clients in parallel. With a stride of 1
// a key falls to the client that alone may write it, where only one may.
func (a *Agent) share(spec EachSpec, do func(c *loadClient, key int) error) (all Tally) {
	var wg sync.WaitGroup
	tallies := make([]Tally, len(a.clients))
	n := a.cfg.Clients
	for i, c := range a.clients {
		wg.Go(func() {
			first := spec.From + spec.Stride*((c.index-spec.From%n+n)%n)
			for key := first; key < spec.To; key += spec.Stride * n {
				if err := do(c, key); err != nil { // one is enough: without a quorum each takes a minute
					tallies[i].fail(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range tallies {
		all.Merge(&tallies[i])
	}
	return all
}
