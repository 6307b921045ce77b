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
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// MixedSpec is a closed loop of READs and WRITEs by all of an agent's clients, in which faults are to be expected.
type MixedSpec struct {
	WriteShare     float64 // of the operations, 0 to 1
	Keys           int     // from which each client draws, all alike
	Seed           uint64
	StartNs, EndNs int64 // on the run's clock: when the first operation begins, and when no more do
	BucketNs       int64 // length of the report's buckets
	OpTimeoutNs    int64 // after which an operation is given up; 0 for a minute
}

// check says what is wrong with the spec.
func (s MixedSpec) check() error {
	switch {
	case s.Keys < 1:
		return fmt.Errorf("mixed load on %d keys: give at least 1", s.Keys)
	case !(s.WriteShare >= 0 && s.WriteShare <= 1):
		return fmt.Errorf("mixed load with a share of WRITEs of %v: give 0 to 1", s.WriteShare)
	case s.BucketNs <= 0:
		return fmt.Errorf("mixed load with buckets of %d ns: give more than 0", s.BucketNs)
	case s.OpTimeoutNs < 0:
		return fmt.Errorf("mixed load with a time limit of %d ns: give 0 or more", s.OpTimeoutNs)
	}
	return nil
}

// Mixed runs the loop until the last operation has ended or was given up. Servers may misbehave in any way meanwhile.
func (a *Agent) Mixed(ctx context.Context, spec MixedSpec) (MixedReport, error) {
	if err := spec.check(); err != nil {
		return MixedReport{}, err
	}
	if a.attack.Reader != nil {
		return MixedReport{}, errors.New("the agent's clients are hostile: they can only attack")
	}
	tallies := make([]*mixedTally, len(a.clients))
	var wg sync.WaitGroup
	for i, c := range a.clients {
		tallies[i] = newMixedTally(spec)
		wg.Go(func() { a.mix(ctx, c, spec, tallies[i]) })
	}
	wg.Wait()
	if err := a.rest(ctx); err != nil {
		return MixedReport{}, err
	}
	sum := newMixedTally(spec)
	for _, t := range tallies {
		sum.merge(t)
	}
	return sum.report()
}

// mix is one client. Unlike in a load that measures what the network carries, it does not wait for servers that lag
// behind: a faulty one may do so for ever.
func (a *Agent) mix(ctx context.Context, c *loadClient, spec MixedSpec, t *mixedTally) {
	keys := workloads.NewChooser(spec.Seed, c.number(), spec.Keys)
	coin := rand.New(rand.NewPCG(workloads.Derive(spec.Seed, "operations", c.index), 0))
	if clock.SleepUntil(ctx, spec.StartNs) != nil {
		return
	}
	for clock.Now() < spec.EndNs && ctx.Err() == nil {
		op, key := protocols.Read, keys.Next()
		if coin.Float64() < spec.WriteShare {
			op, key = a.toWrite(c, key, spec.Keys)
		}
		limited, cancel := context.WithTimeout(ctx, cmp.Or(time.Duration(spec.OpTimeoutNs), opTimeout))
		done, err := a.operate(limited, c, op, key)
		cancel()
		t.add(op, done, err)
		if errors.Is(err, client.ErrPending) {
			a.incarnate(c)
		}
	}
}
