package agent

import (
	"context"
	"fmt"
	"sync"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// maxLag is how many bytes a server may lag behind when a client begins an operation, or one value and its header if
// that is more. In a closed loop that only a quorum holds back, the requests to the slowest server would pile up, and
// throughput exceed what the network carries.
const maxLag = 1 << 20

// LoadSpec is one load by Clients clients over all agents. In a closed loop each runs operations back to back; in an open
// loop operations arrive by themselves, and an idle client runs each.
type LoadSpec struct {
	result.Load // of all agents together
	Op          protocols.Op
	KeyModel    string // Uniform, also if empty, or Hot
	Keys        int    // of the uniform model
	// Concurrency is the probability of concurrency that the hot model shall give.
	Concurrency float64
	// BackgroundShare is the share of all bytes that one more client may take, of the first agent, to write beside the
	// load; 0 for none.
	BackgroundShare float64
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
	// LatencyNs is the sum over the window's operations, Histogram their latencies in ns, HDR V2 compressed and base64. In an
	// open loop latencies count from when the operations were due.
	LatencyNs int64
	Histogram string
	Open      *OpenReport // nil of a closed loop
	Rounds    map[int]int64
	// RoundKinds is the rounds of all operations from start to drain.
	RoundKinds map[result.Rounds]int64
	// WaitNs is how long, in sum, clients waited for servers that lagged behind before they began the window's operations.
	// In a closed loop it is no part of the latency.
	WaitNs int64
	// Overtaken counts operations of the load that began although a connected server lagged too far behind.
	Overtaken int64
	// What was written to and read from the links, from start to drain, without the background's.
	SentBytes, ReceivedBytes int64
	Messages                 result.Traffic
	Background               Background
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

// Load runs the loop to its end and waits until the links are at rest.
func (a *Agent) Load(ctx context.Context, spec LoadSpec) (LoadReport, error) {
	if err := a.checkWriters(spec); err != nil {
		return LoadReport{}, err
	}
	run, err := a.loopOf(spec)
	if err != nil {
		return LoadReport{}, err
	}
	before := a.links.Traffic()
	tallies := make([]*tally, 0, len(a.clients))
	var wg sync.WaitGroup
	for _, c := range a.clients {
		if c.index >= spec.Clients {
			continue
		}
		t := newTally(spec)
		tallies = append(tallies, t)
		wg.Go(func() { run(ctx, c, t) })
	}
	var beside Background
	var besideErr error
	if spec.BackgroundShare > 0 && a.cfg.Index == 0 {
		wg.Go(func() { beside, besideErr = a.writeBeside(ctx, spec) })
	}
	wg.Wait()
	if err := a.links.Quiesce(ctx); err != nil {
		return LoadReport{}, fmt.Errorf("links do not come to rest: %w", err)
	}
	report, err := merge(spec, tallies)
	report.Background = beside
	report.fail(besideErr)
	after := a.links.Traffic()
	report.SentBytes = int64(after.Sent.Bytes - before.Sent.Bytes)
	report.ReceivedBytes = int64(after.Received.Bytes - before.Received.Bytes)
	report.Messages.ClientToServer = int64(after.Sent.Messages - before.Sent.Messages)
	report.Messages.ServerToClient = int64(after.Received.Messages - before.Received.Messages)
	return report, err
}

// fail counts an operation that failed, if err is not nil.
func (r *LoadReport) fail(err error) {
	if err == nil {
		return
	}
	r.Errors++
	if r.Error == "" {
		r.Error = err.Error()
	}
}

// chooser draws the client's keys.
func (s LoadSpec) chooser(client uint64) workloads.Chooser {
	if s.KeyModel == result.Hot {
		return workloads.NewHotChooser(s.Seed, client, s.Clients, s.Concurrency)
	}
	return workloads.NewChooser(s.Seed, client, s.Keys)
}
