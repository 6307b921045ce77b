// Package cost measures what proofs of writing and signatures cost on one processor: the paper's Table 1. It imports
// study, costs and experiment; the command imports it.
package cost

import (
	"context"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/costs"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
)

// Options say which costs to measure, and where to put them.
type Options struct {
	study.Options
	Costs      *experiment.Costs
	ConfigFile string // they came from
}

// every is how many measurements pass between two lines of progress.
const every = 50

// Run measures the costs and returns the folder of the results. When it fails or ctx ends, what was measured so far is
// kept.
func Run(ctx context.Context, o Options) (dir string, err error) {
	c, prepared := o.Costs, preparations{}
	var tasks []study.Task
	for _, r := range c.Schedule() {
		tasks = append(tasks, &task{CostRun: r, prepared: prepared, least: c.Measure.Std()})
	}
	return study.Run(ctx, study.Study{
		Manifest: result.Manifest{Experiment: c.Name, Title: c.Title, Seed: c.Seed, ConfigFile: o.ConfigFile}, Config: c,
		Tasks:    func(*study.Bench) []study.Task { return tasks },
		Attempts: c.Attempts, Postpone: true, Every: every,
		Expected: o.Expected(),
	}, o.Options)
}

// Expected is about how long Run takes. A task is two operations, and finding out how often each is done.
func (o Options) Expected() time.Duration {
	return time.Duration(len(o.Costs.Schedule())) * 3 * o.Costs.Measure.Std()
}

// preparations are the schemes prepared so far, by name and t, with the keys that all repetitions share.
type preparations map[preparation]*costs.Task

type preparation struct {
	scheme string
	t      int
}

// A task measures both operations of a scheme.
type task struct {
	experiment.CostRun
	prepared preparations
	least    time.Duration // CPU time of a measurement
}

// Name implements study.Task.
func (t *task) Name() string { return fmt.Sprintf("%s/t%d/rep%d", t.Scheme.Name, t.T, t.Repetition) }

// Do implements study.Task.
func (t *task) Do(_ context.Context, attempt int) (result.Line, string, error) {
	cost := result.Cost{
		Scheme: t.Scheme.Name, SecurityBits: t.Scheme.Bits, T: t.T, MessageBytes: costs.MessageBytes(),
		Repetition: t.Repetition, Attempt: attempt, Started: time.Now().UTC().Format(time.RFC3339),
	}
	if t.Scheme.Grows {
		cost.Servers = costs.Servers(t.T)
	}
	prepared, err := t.prepare()
	if err != nil {
		return nil, "", err
	}
	before, err := testbed.ReadCPU()
	if err != nil {
		return nil, "", err
	}
	if cost.Construct, err = t.spent(prepared.Construct); err != nil {
		return nil, "", fmt.Errorf("construct: %w", err)
	}
	if cost.Verify, err = t.spent(prepared.Verify); err != nil {
		return nil, "", fmt.Errorf("verify: %w", err)
	}
	after, err := testbed.ReadCPU()
	if err != nil {
		return nil, "", err
	}
	if total := after.Total - before.Total; total > 0 {
		cost.HostSteal = (after.Steal - before.Steal) / total
	}
	judge(&cost)
	if prepared.Multiplications != nil {
		cost.Construct.Multiplications, cost.Verify.Multiplications, err = prepared.Multiplications()
	}
	return cost, cost.InvalidReason, err
}

// prepare prepares the scheme for the run's t, once.
func (t *task) prepare() (*costs.Task, error) {
	key := preparation{t.Scheme.Name, t.T}
	if p := t.prepared[key]; p != nil {
		return p, nil
	}
	p, err := t.Scheme.Prepare(t.T)
	if err == nil {
		t.prepared[key] = p
	}
	return p, err
}

func (t *task) spent(op costs.Operation) (result.Spent, error) {
	s, err := costs.Measure(op, t.least)
	if err != nil {
		return result.Spent{}, err
	}
	n := float64(s.Ops)
	return result.Spent{
		Ops: s.Ops, Ns: float64(s.CPU.Nanoseconds()) / n, Allocs: float64(s.Allocs) / n, Bytes: float64(s.Bytes) / n,
		Waited: s.Waited(),
	}, nil
}

// judge decides whether a measurement counts. Other work of this machine does not count as CPU time of ours, but what
// the hypervisor takes may.
func judge(c *result.Cost) {
	if c.Valid = c.HostSteal <= study.StealTolerance; !c.Valid {
		c.Fail(result.Hypervisor, "disturbed: the hypervisor took %.0f %% of the CPU", 100*c.HostSteal)
	}
}
