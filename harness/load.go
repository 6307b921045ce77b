package harness

import (
	"context"
	"errors"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// startDelay is how far ahead a load's start is set, so that all agents have heard of it by then.
const startDelay = 50 * time.Millisecond

// loadSpec is one load of a cluster.
type loadSpec struct {
	op              protocols.Op
	clients, keys   int
	warmup, measure time.Duration
	seed            uint64
	keyModel        string  // see agent.LoadSpec
	concurrency     float64 // of the hot model
	arrival         string  // see agent.LoadSpec; empty for a closed loop
	rate            float64 // of the arrivals
	background      float64 // share of all bytes that a writer beside the load may take
}

// loaded is what a load came to.
type loaded struct {
	agent.LoadReport // of all agents together, but for the histogram
	histogram        *hdrhistogram.Histogram
	open             *openLoaded   // nil of a closed loop
	seconds          float64       // of the measured window
	window           interval      // between the readings at its edges, which may come a moment late
	whole            interval      // from rest before the load to rest after it
	stall            time.Duration // how long the databases held writers back, summed over the servers
	amplification    float64       // bytes written by the databases per byte stored
}

// throughput is operations per second that ended in the window.
func (l loaded) throughput() float64 { return float64(l.WindowOps) / l.seconds }

// preload writes each of the keys from … to−1 once.
func (c *cluster) preload(ctx context.Context, from, to int) (agent.Failures, error) {
	failures, err := onAgents(ctx, c, agent.PreloadCall,
		func(int) agent.PreloadSpec { return agent.PreloadSpec{From: from, To: to} })
	return sumFailures(failures), err
}

func sumFailures(failures []agent.Failures) (sum agent.Failures) {
	for _, f := range failures {
		sum.Add(f)
	}
	return sum
}

// readBackKeys is how many keys are read at the end of a run of WRITEs, spread over all keys: enough to contradict a
// protocol that loses writes, few enough to cost less than the load.
const readBackKeys = 24

// readBack reads some of the keys once.
func (c *cluster) readBack(ctx context.Context, keys int) (agent.Failures, error) {
	failures, err := onAgents(ctx, c, agent.ReadBackCall,
		func(int) agent.ReadBackSpec { return agent.ReadBackSpec{Keys: keys, Stride: max(1, keys/readBackKeys)} })
	return sumFailures(failures), err
}

// load runs the loop: warm-up, measured window, drain.
func (c *cluster) load(ctx context.Context, hosts layout, spec loadSpec) (l loaded, err error) {
	if l.whole.from, err = c.read(ctx, hosts); err != nil {
		return l, err
	}
	before, err := c.databases(ctx)
	if err != nil {
		return l, err
	}
	l.seconds = spec.measure.Seconds()
	start := clock.Now() + int64(startDelay)
	warm := start + int64(spec.warmup)
	end := warm + int64(spec.measure)
	windowed := make(chan error, 1)
	go func() {
		var err error
		l.window, err = c.readWindow(ctx, hosts, warm, end)
		windowed <- err
	}()
	reports, err := onAgents(ctx, c, agent.LoadCall, func(int) agent.LoadSpec {
		return agent.LoadSpec{
			Load: result.Load{Clients: spec.clients, Arrival: spec.arrival, Rate: spec.rate}, Op: spec.op, Seed: spec.seed,
			KeyModel: spec.keyModel, Keys: spec.keys, Concurrency: spec.concurrency, BackgroundShare: spec.background,
			StartNs: start, WarmupEndNs: warm, MeasureEndNs: end,
		}
	})
	if err = errors.Join(err, <-windowed); err != nil {
		return l, err
	}
	if l.whole.to, err = c.read(ctx, hosts); err != nil {
		return l, err
	}
	after, err := c.databases(ctx)
	if err != nil {
		return l, err
	}
	l.stall = after.StallTime - before.StallTime
	l.amplification = after.WriteAmplification()
	return l, l.merge(reports)
}

// readWindow takes the readings at both edges of the window.
func (c *cluster) readWindow(ctx context.Context, hosts layout, from, to int64) (i interval, err error) {
	if err = clock.SleepUntil(ctx, from); err != nil {
		return i, err
	}
	if i.from, err = c.read(ctx, hosts); err != nil {
		return i, err
	}
	if err = clock.SleepUntil(ctx, to); err != nil {
		return i, err
	}
	i.to, err = c.read(ctx, hosts)
	return i, err
}

// fail counts operations beside the load that failed.
func (l *loaded) fail(f agent.Failures) {
	l.Errors += f.Count
	if l.Error == "" {
		l.Error = f.First
	}
}

// merge adds the agents' reports up.
func (l *loaded) merge(reports []agent.LoadReport) error {
	l.Rounds, l.RoundKinds = make(map[int]int64), make(map[result.Rounds]int64)
	l.histogram = newHistogram()
	for _, r := range reports {
		if err := addHistogram(l.histogram, r.Histogram); err != nil {
			return err
		}
		if err := l.mergeOpen(r.Open); err != nil {
			return err
		}
		l.WindowOps += r.WindowOps
		l.LoadOps += r.LoadOps
		l.Errors += r.Errors
		l.LatencyNs += r.LatencyNs
		l.WaitNs += r.WaitNs
		l.Overtaken += r.Overtaken
		l.SentBytes += r.SentBytes
		l.ReceivedBytes += r.ReceivedBytes
		l.Messages.ClientToServer += r.Messages.ClientToServer
		l.Messages.ServerToClient += r.Messages.ServerToClient
		l.Background.Ops += r.Background.Ops
		l.Background.SentBytes += r.Background.SentBytes
		l.Background.ReceivedBytes += r.Background.ReceivedBytes
		for rounds, n := range r.Rounds {
			l.Rounds[rounds] += n
		}
		addRounds(l.RoundKinds, r.RoundKinds)
		if l.Error == "" {
			l.Error = r.Error
		}
	}
	return nil
}
