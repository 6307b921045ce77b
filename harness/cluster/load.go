package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
)

// StartDelay is how far ahead a load's start is set, so that all agents have heard of it by then.
const StartDelay = 50 * time.Millisecond

// A Load is one load of a cluster: warm-up, measured window, drain.
type Load struct {
	agent.LoadSpec  // but for its instants
	Warmup, Measure time.Duration
}

// Loaded is what a load came to.
type Loaded struct {
	agent.LoadReport // of all agents together, but for the histogram
	Histogram        *hdrhistogram.Histogram
	Open             *Open         // nil of a closed loop
	Seconds          float64       // of the measured window
	Window           Interval      // between the readings at its edges, which may come a moment late
	Whole            Interval      // from rest before the load to rest after it
	Stall            time.Duration // how long the databases held writers back, summed over the servers
	Amplification    float64       // bytes written by the databases per byte stored
}

// Open is what only an open loop comes to, of all agents together.
type Open struct {
	agent.OpenReport // but for the histograms
	Service, Slip    *hdrhistogram.Histogram
}

// Throughput is operations per second that ended in the window.
func (l Loaded) Throughput() float64 { return float64(l.WindowOps) / l.Seconds }

// Preload writes each of the keys from … to−1 once.
func (c *Cluster) Preload(ctx context.Context, from, to int) (agent.Failures, error) {
	return sum(control.CallAll(ctx, c.agents, agent.PreloadCall, agent.PreloadSpec{From: from, To: to}))
}

// readBackKeys is how many keys are read at the end of a run of WRITEs, spread over all keys: enough to contradict a
// protocol that loses writes, few enough to cost less than the load.
const readBackKeys = 24

// ReadBack reads some of the keys once.
func (c *Cluster) ReadBack(ctx context.Context, keys int) (agent.Failures, error) {
	spec := agent.ReadBackSpec{Keys: keys, Stride: max(1, keys/readBackKeys)}
	return sum(control.CallAll(ctx, c.agents, agent.ReadBackCall, spec))
}

func sum(failures []agent.Failures, err error) (all agent.Failures, _ error) {
	for _, f := range failures {
		all.Add(f)
	}
	return all, err
}

// Mixed runs the load on some agents, by their number.
func (c *Cluster) Mixed(ctx context.Context, agents []int, spec agent.MixedSpec) ([]agent.MixedReport, error) {
	var some []*control.Client
	for _, n := range agents {
		some = append(some, c.agents[n])
	}
	return control.CallAll(ctx, some, agent.MixedCall, spec)
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
	spec := load.LoadSpec
	l.Seconds = load.Measure.Seconds()
	spec.StartNs = clock.Now() + int64(StartDelay)
	spec.WarmupEndNs = spec.StartNs + int64(load.Warmup)
	spec.MeasureEndNs = spec.WarmupEndNs + int64(load.Measure)
	windowed := make(chan error, 1)
	go func() {
		var err error
		l.Window, err = c.readWindow(ctx, spec.WarmupEndNs, spec.MeasureEndNs)
		windowed <- err
	}()
	reports, err := control.CallAll(ctx, c.agents, agent.LoadCall, spec)
	if err = errors.Join(err, <-windowed); err != nil {
		return l, err
	}
	if l.Whole.To, err = c.read(ctx); err != nil {
		return l, err
	}
	after, err := c.databases(ctx)
	if err != nil {
		return l, err
	}
	l.Stall = after.StallTime - before.StallTime
	l.Amplification = after.WriteAmplification()
	return l, l.merge(reports)
}

// readWindow takes the readings at both edges of the window.
func (c *Cluster) readWindow(ctx context.Context, from, to int64) (i Interval, err error) {
	if err = clock.SleepUntil(ctx, from); err != nil {
		return i, err
	}
	if i.From, err = c.read(ctx); err != nil {
		return i, err
	}
	if err = clock.SleepUntil(ctx, to); err != nil {
		return i, err
	}
	i.To, err = c.read(ctx)
	return i, err
}

// Fail counts operations beside the load that failed.
func (l *Loaded) Fail(f agent.Failures) {
	l.Errors += f.Count
	if l.Error == "" {
		l.Error = f.First
	}
}

// merge adds the agents' reports up.
func (l *Loaded) merge(reports []agent.LoadReport) error {
	l.Rounds, l.RoundKinds = make(map[int]int64), make(map[result.Rounds]int64)
	l.Histogram = NewHistogram()
	for _, r := range reports {
		if err := errors.Join(AddHistogram(l.Histogram, r.Histogram), l.mergeOpen(r.Open)); err != nil {
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
		for rounds, n := range r.RoundKinds {
			l.RoundKinds[rounds] += n
		}
		if l.Error == "" {
			l.Error = r.Error
		}
	}
	return nil
}

// mergeOpen adds an agent's report, which is nil of a closed loop.
func (l *Loaded) mergeOpen(r *agent.OpenReport) error {
	if r == nil {
		return nil
	}
	if l.Open == nil {
		l.Open = &Open{Service: NewHistogram(), Slip: NewHistogram()}
	}
	o := l.Open
	o.Arrivals += r.Arrivals
	o.BacklogBegin += r.BacklogBegin
	o.BacklogEnd += r.BacklogEnd
	o.OpenReport.Service.SumNs += r.Service.SumNs
	o.OpenReport.Slip.SumNs += r.Slip.SumNs
	return errors.Join(AddHistogram(o.Service, r.Service.Histogram), AddHistogram(o.Slip, r.Slip.Histogram))
}

// NewHistogram is an empty histogram of times in ns, like the agents'.
func NewHistogram() *hdrhistogram.Histogram {
	const second = int64(1e9)
	return hdrhistogram.New(1e3, 100*second, 3)
}

// AddHistogram adds an agent's histogram to the sum.
func AddHistogram(sum *hdrhistogram.Histogram, encoded string) error {
	h, err := hdrhistogram.Decode([]byte(encoded))
	if err != nil {
		return fmt.Errorf("an agent's histogram: %w", err)
	}
	sum.Merge(h)
	return nil
}

// Latency summarises a histogram of ns.
func Latency(h *hdrhistogram.Histogram) result.Latency {
	if h.TotalCount() == 0 {
		return result.Latency{}
	}
	ms := func(ns int64) float64 { return float64(ns) / 1e6 }
	return result.Latency{
		Mean: h.Mean() / 1e6, P50: ms(h.ValueAtQuantile(50)), P90: ms(h.ValueAtQuantile(90)),
		P99: ms(h.ValueAtQuantile(99)), P999: ms(h.ValueAtQuantile(99.9)), Max: ms(h.Max()),
	}
}
