package agent

import (
	"context"
	"sync"
)

// PreloadSpec asks for one WRITE to each of the keys From … To−1 that this agent is responsible for.
type PreloadSpec struct{ From, To int }

// Failures are operations beside the load that failed. They make a point invalid, but do not stop a run.
type Failures struct {
	Count int64
	First string // what the first of them said
}

// Add adds those of another agent or phase.
func (f *Failures) Add(o Failures) {
	f.Count += o.Count
	if f.First == "" {
		f.First = o.First
	}
}

// Preload writes the agent's share of the keys.
func (a *Agent) Preload(ctx context.Context, spec PreloadSpec) (Failures, error) {
	failures := a.share(spec.From, spec.To, 1, func(c *loadClient, key int) error {
		_, err := a.write(ctx, c, key)
		return err
	})
	return failures, a.rest(ctx)
}

// ReadBackSpec asks for one READ of every Stride-th of the first Keys keys that this agent is responsible for.
type ReadBackSpec struct{ Keys, Stride int }

// ReadBack reads the agent's share of the keys, so that a history of WRITEs has something to contradict it.
func (a *Agent) ReadBack(ctx context.Context, spec ReadBackSpec) (Failures, error) {
	failures := a.share(0, spec.Keys, spec.Stride, func(c *loadClient, key int) error {
		_, err := a.read(ctx, c, key)
		return err
	})
	return failures, a.rest(ctx)
}

// share does something for every stride-th key from … to−1 that falls to this agent, its clients in parallel. With a
// stride of 1 a key falls to the client that alone may write it, where only one may.
func (a *Agent) share(from, to, stride int, do func(c *loadClient, key int) error) (all Failures) {
	var wg sync.WaitGroup
	failures := make([]Failures, len(a.clients))
	n := a.cfg.Clients
	for i, c := range a.clients {
		wg.Go(func() {
			first := from + stride*((c.index-from%n+n)%n)
			for key := first; key < to; key += stride * n {
				if err := do(c, key); err != nil { // one is enough: without a quorum each takes a minute
					failures[i].Add(Failures{1, err.Error()})
					return
				}
			}
		})
	}
	wg.Wait()
	for _, f := range failures {
		all.Add(f)
	}
	return all
}
