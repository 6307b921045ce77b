package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/powbench/powbench/harness/costs"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
)

// CostOptions say which costs to measure, and where to put them.
type CostOptions struct {
	Costs      *experiment.Costs
	ConfigFile string
	Results    string // root folder of all results
	Progress   io.Writer
}

// coster is one measurement of costs in progress.
type coster struct {
	CostOptions
	dir       string // of the results
	manifest  result.Manifest
	tasks     map[taskKey]*costs.Task // prepared so far, with the keys that all repetitions share
	measure   func(attemptedRun) (result.Cost, error)
	disturbed int // measurements that stayed so in all attempts
}

// taskKey tells tasks apart.
type taskKey struct {
	scheme string
	t      int
}

// attemptedRun is a measurement that has been made a number of times before.
type attemptedRun struct {
	experiment.CostRun
	attempts int
}

// MeasureCosts measures the costs and returns the folder of the results. When it fails or ctx ends, what was measured
// so far is kept.
func MeasureCosts(ctx context.Context, o CostOptions) (dir string, err error) {
	c := &coster{CostOptions: o, tasks: map[taskKey]*costs.Task{}}
	c.measure = c.measureBoth
	if err := c.openSet(time.Now().UTC()); err != nil {
		return c.dir, err
	}
	if err := c.measureAll(ctx); err != nil {
		return c.dir, err
	}
	c.manifest.Finished = time.Now().UTC().Format(time.RFC3339)
	return c.dir, result.WriteManifest(c.dir, c.manifest)
}

// openSet makes the folder of the results and writes their manifest.
func (c *coster) openSet(now time.Time) (err error) {
	root := filepath.Join(c.Results, c.Costs.Name)
	if c.dir, err = newSetDir(root, now); err != nil {
		return err
	}
	c.manifest = result.Manifest{
		Experiment: c.Costs.Name, Title: c.Costs.Title, Started: now.Format(time.RFC3339), Seed: c.Costs.Seed,
		ConfigFile: c.ConfigFile,
	}
	if c.manifest.Config, err = json.Marshal(c.Costs); err != nil {
		return err
	}
	if err := describe(&c.manifest, c.dir); err != nil {
		return err
	}
	if err := result.WriteManifest(c.dir, c.manifest); err != nil {
		return err
	}
	return replaceLink(filepath.Join(root, result.LatestLink), filepath.Base(c.dir))
}

// measureAll makes all measurements. Those that the hypervisor disturbs are made again at the end, when it may be over.
func (c *coster) measureAll(ctx context.Context) error {
	var queue []attemptedRun
	for _, r := range c.Costs.Schedule() {
		queue = append(queue, attemptedRun{CostRun: r})
	}
	each := 3 * c.Costs.Measure.Std() // two operations, and finding out how often each is done
	c.note("%d measurements into %s, about %v", len(queue), c.dir, (time.Duration(len(queue)) * each).Round(time.Second))
	for i := 0; i < len(queue); i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := queue[i]
		r.attempts++
		cost, err := c.measure(r)
		if err != nil {
			return err
		}
		if err := result.AppendCost(c.dir, cost); err != nil {
			return err
		}
		switch {
		case cost.Valid:
		case r.attempts < c.Costs.Attempts:
			queue = append(queue, r)
		default:
			c.disturbed++
		}
		if (i+1)%noteEvery == 0 || i+1 == len(queue) {
			c.note("%d of %d measurements", i+1, len(queue))
		}
	}
	if c.disturbed > 0 {
		c.note("the hypervisor disturbed %d measurements in all attempts: they are left out", c.disturbed)
	}
	return nil
}

// noteEvery is how many measurements pass between two lines of progress.
const noteEvery = 50

func (c *coster) note(format string, args ...any) {
	fmt.Fprintf(c.Progress, "%s: %s\n", c.Costs.Name, fmt.Sprintf(format, args...))
}

// measureBoth measures both operations of the scheme once.
func (c *coster) measureBoth(r attemptedRun) (cost result.Cost, err error) {
	cost = result.Cost{
		Scheme: r.Scheme.Name, SecurityBits: r.Scheme.Bits, T: r.T, MessageBytes: costs.MessageBytes(),
		Repetition: r.Repetition, Attempt: r.attempts, Started: time.Now().UTC().Format(time.RFC3339),
	}
	if r.Scheme.Grows {
		cost.Servers = costs.Servers(r.T)
	}
	task, err := c.task(r.CostRun)
	if err != nil {
		return cost, err
	}
	before, err := readHostCPU()
	if err != nil {
		return cost, err
	}
	if cost.Construct, err = c.spent(task.Construct); err != nil {
		return cost, fmt.Errorf("%s for t = %d: construct: %w", cost.Scheme, cost.T, err)
	}
	if cost.Verify, err = c.spent(task.Verify); err != nil {
		return cost, fmt.Errorf("%s for t = %d: verify: %w", cost.Scheme, cost.T, err)
	}
	after, err := readHostCPU()
	if err != nil {
		return cost, err
	}
	if total := after.total - before.total; total > 0 {
		cost.HostSteal = (after.steal - before.steal) / total
	}
	judgeCost(&cost)
	if task.Multiplications != nil {
		cost.Construct.Multiplications, cost.Verify.Multiplications, err = task.Multiplications()
	}
	return cost, err
}

// task prepares the scheme for the run's t, once.
func (c *coster) task(r experiment.CostRun) (*costs.Task, error) {
	key := taskKey{r.Scheme.Name, r.T}
	if task := c.tasks[key]; task != nil {
		return task, nil
	}
	task, err := r.Scheme.Prepare(r.T)
	if err != nil {
		return nil, err
	}
	c.tasks[key] = task
	return task, nil
}

func (c *coster) spent(op costs.Operation) (result.Spent, error) {
	s, err := costs.Measure(op, c.Costs.Measure.Std())
	if err != nil {
		return result.Spent{}, err
	}
	n := float64(s.Ops)
	return result.Spent{
		Ops: s.Ops, Ns: float64(s.CPU.Nanoseconds()) / n, Allocs: float64(s.Allocs) / n, Bytes: float64(s.Bytes) / n,
		Waited: s.Waited(),
	}, nil
}

// judgeCost decides whether a measurement counts. Other work of this machine does not count as CPU time of ours, but
// what the hypervisor takes may.
func judgeCost(c *result.Cost) {
	if c.Valid = c.HostSteal <= stealTolerance; !c.Valid {
		c.Fail(result.Hypervisor, "disturbed: the hypervisor took %.0f %% of the CPU", 100*c.HostSteal)
	}
}
