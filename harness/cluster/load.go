package cluster

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/protocols"
)

// StartDelay is the time until a load starts, so that all agents have heard of it by then.
const StartDelay = 50 * time.Millisecond

// A Load is one load of a cluster: warm-up, measured window, drain.
type Load struct {
	agent.Spec      // its instants are set when it begins
	Warmup, Measure time.Duration
	Profile         bool          // every process, in the window
	Every           time.Duration // between two samples of the servers in the window; 0 for none
}

// Loaded is the outcome of a load.
type Loaded struct {
	agent.Tally                 // of all agents together
	Seconds       float64       // of the measured window
	FromNs        int64         // when it began, on the run's clock
	Drain         time.Duration // from the window's end until all agents had all replies
	Window        Interval      // between the readings at its edges, which may come a moment late
	Whole         Interval      // from rest before the load to rest after it
	Stall         time.Duration // how long the databases held writers back, summed over the servers
	Amplification float64       // bytes written by the databases per byte stored
	Profiles      []Profiled    // of all processes in the window, if the load asked for them
	Samples       []Sample      // at the window's beginning and then one by one
}

// Throughput is the operations per second that fell into the window, those at its edges in part.
func (l Loaded) Throughput() float64 { return l.Work / l.Seconds }

// Preload writes each of the keys from … to−1 once. Its tally counts failures alone, and so does that of ReadBack.
func (c *Cluster) Preload(ctx context.Context, from, to int) (agent.Tally, error) {
	return sum(control.CallAll(ctx, c.agents, agent.EachCall, agent.EachSpec{Op: protocols.Write, From: from, To: to, Stride: 1}))
}

// readBackKeys is how many keys are read at the end of a run of WRITEs, spread over all keys: enough to contradict a
// protocol that loses writes, few enough to cost less than the load.
const readBackKeys = 24

// ReadBack reads some of the keys once.
func (c *Cluster) ReadBack(ctx context.Context, keys int) (agent.Tally, error) {
	spec := agent.EachSpec{Op: protocols.Read, To: keys, Stride: max(1, keys/readBackKeys)}
	return sum(control.CallAll(ctx, c.agents, agent.EachCall, spec))
}

// LoadOn runs a load on some agents, by their number, at the instants of its specification.
func (c *Cluster) LoadOn(ctx context.Context, agents []int, spec agent.Spec) (agent.Tally, error) {
	some := make([]*control.Client, len(agents))
	for i, n := range agents {
		some[i] = c.agents[n]
	}
	return sum(control.CallAll(ctx, some, agent.LoadCall, spec))
}

// sum adds up what agents counted.
func sum(tallies []agent.Tally, err error) (all agent.Tally, _ error) {
	for i := range tallies {
		all.Merge(&tallies[i])
	}
	return all, err
}

// Load runs the load on all agents.
func (c *Cluster) Load(ctx context.Context, load Load) (l Loaded, err error) {
	if l.Whole.From, err = c.read(ctx); err != nil {
		return l, err
	}
	before, err := c.databases(ctx)
	if err != nil {
		return l, err
	}
	spec := load.Spec
	l.Seconds = load.Measure.Seconds()
	spec.StartNs = clock.Now() + int64(StartDelay)
	spec.WarmupEndNs = spec.StartNs + int64(load.Warmup)
	spec.EndNs = spec.WarmupEndNs + int64(load.Measure)
	l.FromNs = spec.WarmupEndNs
	var windowed errgroup.Group
	windowed.Go(func() (err error) {
		l.Window, l.Profiles, err = c.watchWindow(ctx, spec.WarmupEndNs, spec.EndNs, load.Profile)
		return err
	})
	windowed.Go(func() (err error) {
		l.Samples, err = c.sampleWindow(ctx, spec.WarmupEndNs, spec.EndNs, load.Every)
		return err
	})
	l.Tally, err = sum(control.CallAll(ctx, c.agents, agent.LoadCall, spec))
	if err = errors.Join(err, windowed.Wait()); err != nil {
		return l, err
	}
	if l.Whole.To, err = c.read(ctx); err != nil {
		return l, err
	}
	l.Drain = time.Duration(l.Whole.To.Ns - spec.EndNs)
	after, err := c.databases(ctx)
	if err != nil {
		return l, err
	}
	l.Stall = after.StallTime - before.StallTime
	l.Amplification = after.WriteAmplification()
	return l, nil
}

// watchWindow takes the readings at both edges of the window, and between them profiles if asked to.
func (c *Cluster) watchWindow(ctx context.Context, from, to int64, profile bool) (i Interval, all []Profiled, err error) {
	if err = clock.SleepUntil(ctx, from); err != nil {
		return i, nil, err
	}
	if i.From, err = c.read(ctx); err != nil {
		return i, nil, err
	}
	stop := func() ([]Profiled, error) { return nil, nil }
	if profile {
		if stop, err = c.profile(ctx); err != nil {
			return i, nil, err
		}
	}
	if err = clock.SleepUntil(ctx, to); err != nil {
		return i, nil, err
	}
	if i.To, err = c.read(ctx); err != nil {
		return i, nil, err
	}
	all, err = stop()
	return i, all, err
}
