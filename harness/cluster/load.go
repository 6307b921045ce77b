package cluster

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// StartDelay is the time until a load starts, so that all agents have heard of it by then.
const StartDelay = 50 * time.Millisecond

// A Load is one load of a cluster: warm-up, measured window, drain.
type Load struct {
	agent.Spec // its instants are set when it begins
	Warmup     time.Duration
	// The window lasts for Measure, and then until so many Operations have ended in it, but no longer than Longest.
	Measure, Longest time.Duration
	Operations       int64
	Profile          bool          // every process, in the window
	Every            time.Duration // between two samples of the servers in the window; 0 for none
}

// Loaded is the outcome of a load.
type Loaded struct {
	agent.Tally                     // of all agents together
	Seconds       float64           // of the measured window
	FromNs        int64             // when it began, on the run's clock
	Tail          time.Duration     // from the window's end until the last operation ended
	Drain         time.Duration     // from the window's end until all agents had all replies
	Window        Interval          // between the readings at its edges, which may come a moment late
	Whole         Interval          // from rest before the load to rest after it
	Between       int64             // bytes that servers exchanged with each other, from rest to rest
	Retransmitted result.Traffic    // bytes that TCP sent more than once, from rest to rest
	Signatures    result.Signatures // from rest to rest
	Ahead         int64             // bytes owed at the window's end beyond those at its beginning; 0 if clients do not wait for them
	Stall         time.Duration     // how long the databases held writers back, summed over the servers
	Amplification float64           // bytes written by the databases per byte stored
	Profiles      []Profiled        // of all processes in the window, if the load asked for them
	Samples       []Sample          // at the window's beginning and then one by one
}

// Throughput is the operations per second that fell into the window, those at its edges in part, less what servers owe more
// of them at its end than at its beginning: quorums acknowledged that, but the system has yet to do it.
func (l Loaded) Throughput() float64 {
	work := l.Work()
	if all := l.Bytes.ClientToServer + l.Bytes.ServerToClient; all > 0 {
		work -= float64(l.Ahead) / float64(all) * float64(l.Ops())
	}
	return work / l.Seconds
}

// Of is the part of the throughput that is one kind's, by what fell into the window.
func (l Loaded) Of(k agent.Kind) float64 {
	if k.Work == 0 {
		return 0
	}
	return l.Throughput() * k.Work / l.Work()
}

// Preload writes each of the keys from … to−1 once. Its tally counts failures alone, and so does that of ReadBack.
func (c *Cluster) Preload(ctx context.Context, from, to int) (agent.Tally, error) {
	spec := agent.EachSpec{Op: protocols.Write, From: from, To: to, Stride: 1, Faulty: len(c.spec.Liars) > 0}
	return sum(control.CallAll(ctx, c.agents, agent.EachCall, spec))
}

// readBackKeys is how many keys are read at the end of a run of WRITEs, spread over all keys: enough to contradict a
// protocol that loses writes, few enough to cost less than the load.
const readBackKeys = 24

// ReadBack reads some of the keys once.
func (c *Cluster) ReadBack(ctx context.Context, keys int) (agent.Tally, error) {
	spec := agent.EachSpec{Op: protocols.Read, To: keys, Stride: max(1, keys/readBackKeys), Faulty: len(c.spec.Liars) > 0}
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

// Interrupt has an agent interrupt a WRITE and READ beside it, while no other load runs.
func (c *Cluster) Interrupt(ctx context.Context, n int, spec agent.InterruptSpec) (agent.Tally, error) {
	return control.Call(ctx, c.agents[n], agent.InterruptCall, spec)
}

// sum adds up what agents counted.
func sum(tallies []agent.Tally, err error) (all agent.Tally, _ error) {
	for i := range tallies {
		all.Merge(&tallies[i])
	}
	return all, err
}

// Load runs the load on all agents.
func (c *Cluster) Load(ctx context.Context, load Load) (Loaded, error) {
	return c.load(ctx, load, agents(c.agents))
}

// Commit has the servers, each for itself, commit to Pebble alone the batches that a WRITE of some protocol stores at each of
// them, with as many committers as the load has clients. What it comes to is as of WRITEs that all servers took part in.
func (c *Cluster) Commit(ctx context.Context, load Load, batches [][][]model.Stored) (Loaded, error) {
	return c.load(ctx, load, committers{c.processes(), batches})
}

// load runs the load that the generator makes.
func (c *Cluster) load(ctx context.Context, load Load, by generator) (l Loaded, err error) {
	if l.Whole.From, err = c.read(ctx); err != nil {
		return l, err
	}
	before, err := c.databases(ctx)
	if err != nil {
		return l, err
	}
	repeated, signed, err := c.counted(ctx)
	if err != nil {
		return l, err
	}
	between, err := c.between(ctx)
	if err != nil {
		return l, err
	}
	spec := load.begin()
	l.FromNs = spec.WarmupEndNs
	var ends int64
	decided := make(chan int64, 1) // when the window ends
	all, loading := errgroup.WithContext(ctx)
	all.Go(func() (err error) {
		ends, err = c.watchWindow(loading, load, spec, by, decided, &l)
		return err
	})
	all.Go(func() (err error) {
		l.Samples, err = c.sampleWindow(loading, spec.WarmupEndNs, load.Every, decided)
		return err
	})
	all.Go(func() (err error) {
		l.Tally, err = by.run(loading, spec)
		return err
	})
	if err := all.Wait(); err != nil {
		return l, err
	}
	l.Seconds = time.Duration(ends - spec.WarmupEndNs).Seconds()
	if l.Whole.To, err = c.read(ctx); err != nil {
		return l, err
	}
	l.Tail, l.Drain = max(0, time.Duration(l.LastNs-ends)), time.Duration(l.Whole.To.Ns-ends)
	if !spec.Faulty && !spec.Ignores() {
		l.Ahead = l.Window.To.Arrears - l.Window.From.Arrears
	}
	after, err := c.databases(ctx)
	if err != nil {
		return l, err
	}
	again, more, err := c.counted(ctx)
	if err != nil {
		return l, err
	}
	l.Retransmitted, l.Signatures = again.Since(repeated), more.Since(signed)
	settled, err := c.between(ctx)
	if err != nil {
		return l, err
	}
	l.Between = settled - between
	l.Stall = after.StallTime - before.StallTime
	l.Amplification = after.WriteAmplification()
	return l, nil
}

// begin returns the specification of a load that begins now.
func (l Load) begin() agent.Spec {
	spec := l.Spec
	spec.StartNs = clock.Now() + int64(StartDelay)
	spec.WarmupEndNs = spec.StartNs + int64(l.Warmup)
	spec.EndNs = spec.WarmupEndNs + int64(l.Measure)
	spec.LatestNs = spec.WarmupEndNs + int64(l.Longest)
	return spec
}

// watchWindow takes the readings at both edges of the window, and between them profiles if asked to. It decides when the
// window ends, and returns the instant.
func (c *Cluster) watchWindow(ctx context.Context, load Load, spec agent.Spec, by generator, decided chan<- int64,
	l *Loaded,
) (ends int64, err error) {
	if err = clock.SleepUntil(ctx, spec.WarmupEndNs); err != nil {
		return 0, err
	}
	if l.Window.From, err = c.read(ctx); err != nil {
		return 0, err
	}
	stop := func() ([]Profiled, error) { return nil, nil }
	if load.Profile {
		if stop, err = c.profile(ctx); err != nil {
			return 0, err
		}
	}
	if ends, err = closeWindow(ctx, spec, by, load.Operations); err != nil {
		return 0, err
	}
	decided <- ends
	if err = clock.SleepUntil(ctx, ends); err != nil {
		return 0, err
	}
	if l.Window.To, err = c.read(ctx); err != nil {
		return 0, err
	}
	l.Profiles, err = stop()
	return ends, err
}

// notice is how long before its end agents hear of it, so that few operations begin after it; and how often they are asked
// how many have ended.
const notice = 50 * time.Millisecond

// closeWindow decides when the window ends, tells the generator, and returns the instant.
func closeWindow(ctx context.Context, spec agent.Spec, by generator, enough int64) (ends int64, err error) {
	if ends = spec.EndNs; spec.LatestNs <= ends {
		return ends, nil
	}
	for {
		if err := clock.SleepUntil(ctx, ends-int64(notice)); err != nil {
			return 0, err
		}
		if ends == spec.LatestNs {
			break
		}
		n, err := by.ended(ctx)
		if err != nil {
			return 0, err
		}
		if n >= enough {
			ends = min(max(ends, clock.Now()), spec.LatestNs) // some may have ended behind it, if the answer took long
			break
		}
		ends = min(max(ends, clock.Now())+int64(notice), spec.LatestNs)
	}
	return ends, by.close(ctx, ends)
}
