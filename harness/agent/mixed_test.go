package agent

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/workloads"
)

// faultySpec is a mixed load from now on.
func faultySpec(d time.Duration) Spec {
	now := clock.Now()
	return Spec{
		Faulty: true, WriteShare: 0.5, Keys: 3, Seed: seed, StartNs: now, EndNs: now + int64(d),
		BucketNs: int64(20 * time.Millisecond), OpTimeoutNs: int64(patience),
	}
}

// small has the agents write values that are no burden to a machine under the race detector.
func small(c *Config) { c.ValueBytes = 1 << 10 }

// mixed has all agents run the load and returns their tallies.
func (b *bench) mixed(spec Spec) []Tally {
	b.t.Helper()
	tallies := make([]Tally, len(b.agents))
	b.onAgents(func(i int, a *Agent) (err error) {
		tallies[i], err = a.Load(b.soon(), spec)
		return err
	})
	return tallies
}

// busy runs the load, which begins now, until it has both READs and WRITEs or anything that is neither: a machine that
// does other things takes its time. It returns the first agent's tally.
func (b *bench) busy(d time.Duration, change func(*Spec)) (r Tally) {
	b.t.Helper()
	for ctx := b.soon(); ctx.Err() == nil; {
		spec := faultySpec(d)
		change(&spec)
		if r = b.mixed(spec)[0]; r.Read.Ops > 0 && r.Write.Ops > 0 || r.Pending+r.Failed > 0 {
			break
		}
	}
	return r
}

// wantBusy is busy in which all operations end well.
func (b *bench) wantBusy(d time.Duration, change func(*Spec)) {
	b.t.Helper()
	if r := b.busy(d, change); r.Read.Ops == 0 || r.Write.Ops == 0 || r.Pending+r.Failed > 0 {
		b.t.Errorf("%d READs, %d WRITEs, %d pending, %d failed: %s", r.Read.Ops, r.Write.Ops, r.Pending, r.Failed, r.FirstError)
	}
}

// asIs leaves a mixed load as it is.
func asIs(*Spec) {}

// The report, its buckets, its histograms and the history say the same of a load.
func TestMixedAddsUp(t *testing.T) {
	each(t, func(t *testing.T, p protocols.Protocol) {
		b := newServers(t, p, 1, "", 0)
		b.agents = []*Agent{b.start(small)}
		b.preload() // what came before is not counted
		var before int
		var spec Spec
		r := b.busy(100*time.Millisecond, func(s *Spec) { spec, before = *s, len(b.history()) })
		var reads, writes, histories int64
		for _, e := range b.wantLinearizable()[before:] {
			if e.Op == protocols.Read {
				reads++
			} else {
				writes++
			}
			histories = max(histories, e.End-e.Start)
		}
		if r.Read.Ops != reads || r.Write.Ops != writes || reads == 0 || writes == 0 || r.Pending+r.Failed > 0 {
			t.Errorf("%d READs and %d WRITEs in the history, reported %+v", reads, writes, r)
		}
		if r.LongestNs != histories {
			t.Errorf("longest operation %d ns, in the history %d ns", r.LongestNs, histories)
		}
		read, write, errs := sumBuckets(t, r.Buckets, spec)
		wantKind(t, "READ", read, r.Read)
		wantKind(t, "WRITE", write, r.Write)
		if errs != 0 || ms(r.LongestNs) != max(read.MaxMs, write.MaxMs) {
			t.Errorf("buckets: %d errors, longest %v and %v ms; report %+v", errs, read.MaxMs, write.MaxMs, r)
		}
		b.wantKinds(protocols.Read, r.Read)
		b.wantKinds(protocols.Write, r.Write)
	})
}

// wantKinds expects all operations to have taken the rounds of the cost model, and the largest of them to have moved
// what it says.
func (b *bench) wantKinds(op protocols.Op, k Kind) {
	b.t.Helper()
	var model result.Rounds
	model.Data, model.Metadata = b.protocol.Traits(1).Rounds(op)
	if b.varies(op, 1) {
		if k.Rounds[model] == 0 {
			b.t.Errorf("%ss: rounds %v of %d, want %v of some", op, k.Rounds, k.Ops, model)
		}
		return
	}
	if len(k.Rounds) != 1 || k.Rounds[model] != k.Ops {
		b.t.Errorf("%ss: rounds %v, want %v of %d", op, k.Rounds, model, k.Ops)
	}
	requests := int64(model.Total() * b.protocol.Traits(1).Servers)
	if got := k.Most.Messages; got.ClientToServer != requests || got.ServerToClient > requests || got.ServerToClient == 0 {
		b.t.Errorf("%ss: at most %+v messages, want %d requests and a reply to most of them", op, got, requests)
	}
	least := b.protocol.Traits(1).Cost(op).ClientToServers * 1024
	if got := float64(k.Most.Bytes.ClientToServer); got < least || got > least+float64(requests)*400 {
		b.t.Errorf("%ss: at most %v bytes to servers, want a little more than %v", op, got, least)
	}
}

func sumBuckets(t *testing.T, buckets []result.Bucket, spec Spec) (read, write result.Ended, errs int64) {
	t.Helper()
	if want := (spec.EndNs - spec.StartNs) / spec.BucketNs; int64(len(buckets)) < want {
		t.Errorf("%d buckets, want %d at least", len(buckets), want)
	}
	add := func(sum *result.Ended, e result.Ended) {
		if e.Ops > 0 {
			sum.MeanMs = (sum.MeanMs*float64(sum.Ops) + e.MeanMs*float64(e.Ops)) / float64(sum.Ops+e.Ops)
		}
		sum.Ops += e.Ops
		sum.MaxMs = max(sum.MaxMs, e.MaxMs)
	}
	for i, b := range buckets {
		if b.AtMs != ms(int64(i)*spec.BucketNs) {
			t.Errorf("bucket %d is at %v ms", i, b.AtMs)
		}
		add(&read, b.Read)
		add(&write, b.Write)
		errs += b.Errors
	}
	return read, write, errs
}

// wantKind expects the sum of the buckets, the number of operations and their latencies to agree.
func wantKind(t *testing.T, kind string, sum result.Ended, k Kind) {
	t.Helper()
	mean := k.Latency.Latency().Mean
	if sum.Ops != k.Ops || k.Latency.Count() != k.Ops || math.Abs(mean-sum.MeanMs) > 0.001*mean {
		t.Errorf("%s: buckets %+v, %d operations, %d latencies with mean %v ms", kind, sum, k.Ops, k.Latency.Count(), mean)
	}
}

// An operation without a quorum is given up, counted and pending for ever; its client goes on as another process.
func TestMixedGivesUp(t *testing.T) {
	b := newServers(t, mpowerstore.Protocol{}, 1, "B1", 2)
	b.agents = []*Agent{b.start(small), b.start(func(c *Config) { small(c); c.FirstPID = 100 })}
	spec := faultySpec(300 * time.Millisecond)
	spec.OpTimeoutNs = int64(10 * time.Millisecond)
	for i, r := range b.mixed(spec) {
		_, _, errs := sumBuckets(t, r.Buckets, spec)
		if r.Read.Ops+r.Write.Ops+r.Failed > 0 || r.Pending < 2*clients || errs != r.Pending {
			t.Errorf("agent %d: %d errors in buckets, %+v", i+1, errs, r)
		}
		if r.LongestNs < spec.OpTimeoutNs || !strings.Contains(r.FirstError, "operation pending") {
			t.Errorf("agent %d: longest %d ns, first error %q", i+1, r.LongestNs, r.FirstError)
		}
	}
	processes := map[uint64]bool{}
	for _, e := range b.history() {
		if e.Outcome != history.Pending || processes[e.Client] {
			t.Errorf("not pending, or not the only operation of its process: %+v", e)
		}
		processes[e.Client] = true
	}
	for _, pid := range []uint64{1, clients, 100, 99 + clients, 1 + IncarnationPIDs, 100 + IncarnationPIDs} {
		if !processes[pid] {
			t.Errorf("no process %d", pid)
		}
	}
}

// A READ of bytes that nobody wrote has failed, and shows in the history.
func TestMixedCountsCorruptReads(t *testing.T) {
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	b.agents = []*Agent{b.start(small)}
	b.preload()
	b.agents[0].values = workloads.NewValues(seed + 1)
	r, corrupt := b.busy(30*time.Millisecond, func(s *Spec) { s.WriteShare = 0 }), int64(0)
	for _, e := range b.history() {
		if e.Value == history.Corrupt {
			corrupt++
		}
	}
	if corrupt == 0 || r.Failed != corrupt || r.Read.Ops > 0 || !strings.Contains(r.FirstError, "corrupt") {
		t.Errorf("%d corrupt values in the history, %+v", corrupt, r)
	}
}

// t servers may attack as they please: M-PoWerStore's operations end and the history is linearizable. Under the race
// detector this also shows that attackers bear requests to many keys at once.
func TestMixedUnderAttack(t *testing.T) {
	for _, attack := range catalog.Against(mpowerstore.Protocol{}) {
		if attack.Server == nil || attack.Liars > 0 {
			continue
		}
		t.Run(attack.ID, func(t *testing.T) {
			b := newServers(t, mpowerstore.Protocol{}, 1, attack.ID, 1)
			b.agents = []*Agent{b.start(small)}
			b.preload()
			b.wantBusy(60*time.Millisecond, func(s *Spec) { s.Keys = keys })
			b.readBack()
			b.wantLinearizable()
		})
	}
}

// Connections that break in the midst of a load hold nobody up for long.
func TestMixedUnderResets(t *testing.T) {
	each(t, func(t *testing.T, p protocols.Protocol) {
		b := newServers(t, p, 1, "", 0)
		b.agents = []*Agent{b.start(small)}
		ctx, cancel := context.WithCancel(t.Context())
		var resets sync.WaitGroup
		resets.Go(func() {
			for i := 0; clock.Sleep(ctx, 5*time.Millisecond) == nil; i++ {
				_, _ = b.nodes[i%len(b.nodes)].Reset(b.t.Context(), control.Nothing{})
			}
		})
		b.wantBusy(100*time.Millisecond, asIs)
		cancel()
		resets.Wait()
		b.readBack()
		b.wantLinearizable()
	})
}

func TestMixedRefusesASpec(t *testing.T) {
	a := &Agent{}
	for want, change := range map[string]func(*Spec){
		"0 keys":            func(s *Spec) { s.Keys = 0 },
		"share of WRITEs":   func(s *Spec) { s.WriteShare = 1.5 },
		"buckets of -1 ns":  func(s *Spec) { s.BucketNs = -1 },
		"time limit of -1 ": func(s *Spec) { s.OpTimeoutNs = -1 },
	} {
		spec := faultySpec(time.Second)
		change(&spec)
		if _, err := a.Load(t.Context(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
