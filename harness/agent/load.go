package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// Histograms cover 1 µs to 100 s with 3 significant digits; values are in ns.
const (
	histogramMin    = int64(time.Microsecond)
	histogramMax    = int64(100 * time.Second)
	histogramDigits = 3
)

// LoadSpec is one closed loop: Clients clients, over all agents, run back to back operations on keys drawn uniformly.
type LoadSpec struct {
	Op      protocols.Op
	Clients int
	Keys    int
	// Start, and the ends of warm-up and window, in ns of CLOCK_MONOTONIC, which all processes of a machine share.
	StartNs      int64
	WarmupEndNs  int64
	MeasureEndNs int64
	Seed         uint64
}

// LoadReport is what an agent's clients did. "Window" operations ended inside the measured window.
type LoadReport struct {
	WindowOps int64
	LoadOps   int64 // completed from start to drain
	Errors    int64
	Error     string // the first of them
	LatencyNs int64  // sum over the window's operations
	Histogram string // of the window's latencies in ns, HDR V2 compressed and base64
	Rounds    map[int]int64
	// Bytes written to and read from the links, from start to drain.
	SentBytes, ReceivedBytes int64
}

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
	return failures, a.links.Quiesce(ctx)
}

// ReadBackSpec asks for one READ of every Stride-th of the first Keys keys that this agent is responsible for.
type ReadBackSpec struct{ Keys, Stride int }

// ReadBack reads the agent's share of the keys, so that a history of WRITEs has something to contradict it.
func (a *Agent) ReadBack(ctx context.Context, spec ReadBackSpec) (Failures, error) {
	failures := a.share(0, spec.Keys, spec.Stride, func(c *loadClient, key int) error {
		_, err := a.read(ctx, c, key)
		return err
	})
	return failures, a.links.Quiesce(ctx)
}

// share does something for every stride-th key from … to−1 that falls to this agent, its clients in parallel.
func (a *Agent) share(from, to, stride int, do func(c *loadClient, key int) error) (all Failures) {
	var wg sync.WaitGroup
	failures := make([]Failures, len(a.clients))
	agents := min(a.cfg.Agents, a.cfg.Clients) // those that have a client
	for i, c := range a.clients {
		wg.Go(func() {
			step := stride * agents * len(a.clients)
			for key := from + stride*(a.cfg.Index+i*agents); key < to; key += step {
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

// Load runs the closed loop to its end and waits until the links are at rest.
func (a *Agent) Load(ctx context.Context, spec LoadSpec) (LoadReport, error) {
	before := a.links.Traffic()
	tallies := make([]*tally, 0, len(a.clients))
	var wg sync.WaitGroup
	for _, c := range a.clients {
		if c.id > uint64(spec.Clients) {
			continue
		}
		t := newTally()
		tallies = append(tallies, t)
		wg.Go(func() { a.loop(ctx, c, spec, t) })
	}
	wg.Wait()
	if err := a.links.Quiesce(ctx); err != nil {
		return LoadReport{}, fmt.Errorf("links do not come to rest: %w", err)
	}
	report, err := merge(tallies)
	after := a.links.Traffic()
	report.SentBytes = int64(after.Sent.Bytes - before.Sent.Bytes)
	report.ReceivedBytes = int64(after.Received.Bytes - before.Received.Bytes)
	return report, err
}

// loop is one client: the next operation begins when the last has ended, without think time.
func (a *Agent) loop(ctx context.Context, c *loadClient, spec LoadSpec, t *tally) {
	keys := workloads.NewChooser(spec.Seed, c.id, spec.Keys)
	if clock.SleepUntil(ctx, spec.StartNs) != nil {
		return
	}
	for clock.Now() < spec.MeasureEndNs && ctx.Err() == nil {
		key := keys.Next()
		var done completed
		var err error
		if spec.Op == protocols.Read {
			done, err = a.read(ctx, c, key)
		} else {
			done, err = a.write(ctx, c, key)
		}
		t.add(done, err, spec)
	}
}

// tally counts one client's operations.
type tally struct {
	windowOps, loadOps, errors, latencyNs int64
	firstError                            error
	histogram                             *hdrhistogram.Histogram
	rounds                                map[int]int64
}

func newTally() *tally {
	return &tally{
		histogram: hdrhistogram.New(histogramMin, histogramMax, histogramDigits),
		rounds:    make(map[int]int64),
	}
}

func (t *tally) add(done completed, err error, spec LoadSpec) {
	if err != nil {
		t.errors++
		if t.firstError == nil {
			t.firstError = err
		}
		return
	}
	t.loadOps++
	if done.end < spec.WarmupEndNs || done.end >= spec.MeasureEndNs {
		return
	}
	latency := done.end - done.start
	t.windowOps++
	t.latencyNs += latency
	t.rounds[done.rounds]++
	_ = t.histogram.RecordValue(min(latency, histogramMax)) // in range by construction
}

// merge adds the clients' tallies up.
func merge(tallies []*tally) (LoadReport, error) {
	sum := newTally()
	for _, t := range tallies {
		sum.windowOps += t.windowOps
		sum.loadOps += t.loadOps
		sum.errors += t.errors
		sum.latencyNs += t.latencyNs
		sum.histogram.Merge(t.histogram)
		for rounds, n := range t.rounds {
			sum.rounds[rounds] += n
		}
		if sum.firstError == nil {
			sum.firstError = t.firstError
		}
	}
	report := LoadReport{
		WindowOps: sum.windowOps, LoadOps: sum.loadOps, Errors: sum.errors,
		LatencyNs: sum.latencyNs, Rounds: sum.rounds,
	}
	if sum.firstError != nil {
		report.Error = sum.firstError.Error()
	}
	histogram, err := sum.histogram.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	report.Histogram = string(histogram)
	return report, err
}
