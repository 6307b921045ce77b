package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// measure does one run of the schedule on fresh servers: start, preload, load, check.
func (r *runner) measure(ctx context.Context, run experiment.Run, clients, attempt int) (p result.Point, err error) {
	p = r.newPoint(run, clients, attempt)
	name := runName(run, clients)
	if attempt > 1 {
		name += fmt.Sprintf("-attempt%d", attempt)
	}
	err = r.withCluster(ctx, name, run.Series, clients, run.Seed, func(ctx context.Context, c *cluster) error {
		var beside agent.Failures
		if run.Op == result.OpRead {
			if beside, err = c.preload(ctx, 0, p.Keys); err != nil {
				return err
			}
		}
		var l loaded
		l, p.Probe, err = r.probed(func() (loaded, error) {
			return c.load(ctx, r.hosts, loadSpec{
				op: protocols.Op(run.Op), clients: clients, keys: p.Keys, seed: run.Seed, keyModel: p.KeyModel,
				arrival: run.Arrival, rate: run.Rate,
				concurrency: r.experiment.Concurrency.Fraction(), background: r.background(run.Op),
				warmup: r.experiment.Phases.Warmup.Std(), measure: r.experiment.Phases.Measure.Std(),
			})
		})
		if err != nil {
			return err
		}
		if run.Op == result.OpWrite {
			if beside, err = c.readBack(ctx, p.Keys); err != nil {
				return err
			}
		}
		l.fail(beside)
		if p.RSSMiB, err = c.peakRSS(ctx); err != nil {
			return err
		}
		p.History = name + historySuffix
		entries, err := c.saveHistory(ctx, filepath.Join(r.dir, result.HistoryDir, p.History))
		if err != nil {
			return err
		}
		p.Linearizable = history.Check(entries).Verdict
		p.Concurrency = history.Concurrency(entries, l.window.from.ns, l.window.to.ns)
		return r.fill(&p, l)
	})
	return p, err
}

// newPoint is the point of a run before it is measured.
func (r *runner) newPoint(run experiment.Run, clients, attempt int) result.Point {
	load := run.Load
	load.Clients = clients
	return result.Point{
		Schema:     result.SchemaVersion,
		Experiment: r.experiment.Name, Figure: r.experiment.Figure,
		Series: run.Series, Load: load, Keys: r.experiment.Keys(clients), KeyModel: r.experiment.Workload.Keys, Repetition: run.Repetition, Attempt: attempt,
		Seed: run.Seed, Shaped: r.shaped(), Started: time.Now().UTC().Format(time.RFC3339),
	}
}

// background is the share of all bytes that a writer beside a load of op may take. WRITEs need none beside them.
func (r *runner) background(op string) float64 {
	if op == result.OpWrite {
		return 0
	}
	return r.experiment.Workload.Background.Fraction()
}

// runName is the name of a run's files.
func runName(run experiment.Run, clients int) string {
	load := fmt.Sprintf("c%d", clients)
	if run.Open() {
		load += fmt.Sprintf("-r%g", run.Rate)
	}
	return fmt.Sprintf("%s-%s-rep%d", seriesName(run.Series), load, run.Repetition)
}

// seriesName is the part of files' names that the series gives.
func seriesName(s result.Series) string { return strings.ReplaceAll(s.String(), "/", "-") }

// withCluster runs do on a fresh cluster and removes it again; do's context ends if a process of the cluster does. What
// the processes log goes to a file of the run.
func (r *runner) withCluster(ctx context.Context, name string, s result.Series, clients int, seed uint64,
	do func(context.Context, *cluster) error,
) error {
	protocol, err := catalog.ByName(s.FullName())
	if err != nil {
		return err
	}
	return runCluster(ctx, r.hosts, r.scratch, filepath.Join(r.dir, result.LogDir, name+".log"), clusterSpec{
		protocol: protocol, suite: s.Suite, t: s.T, durability: protocols.Durability(s.Durability),
		congestion: r.hosts.testbed.Topology.Congestion, valueBytes: s.ValueBytes, clients: clients, seed: seed,
	}, do)
}

// runCluster runs do on a fresh cluster whose databases lie in scratch, and removes both again.
func runCluster(ctx context.Context, hosts layout, scratch *scratch, logFile string, spec clusterSpec,
	do func(context.Context, *cluster) error,
) (err error) {
	if spec.dir, err = scratch.sub(strings.TrimSuffix(filepath.Base(logFile), ".log")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(spec.dir)) }()
	log, err := newRunLog(logFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	clusterCtx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	defer func() {
		if cause := context.Cause(clusterCtx); cause != nil && !errors.Is(cause, context.Canceled) {
			err = cause // what follows from it is of no interest
		}
		if why := log.complaint(); err != nil && why != "" {
			err = fmt.Errorf("%w: %s", err, why)
		}
	}()
	spec.log = log.file
	c, err := startCluster(clusterCtx, fail, hosts, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.kill()) }()
	return do(clusterCtx, c)
}

// saveHistory gathers what the agents recorded into one file.
func (c *cluster) saveHistory(ctx context.Context, path string) (all []history.Entry, err error) {
	for _, a := range c.agents {
		for from := 0; ; {
			part, err := control.Call(ctx, a, agent.HistoryCall, from)
			if err != nil {
				return nil, err
			}
			if from += len(part); len(part) == 0 {
				break
			}
			all = append(all, part...)
		}
	}
	return all, history.WriteFile(path, all)
}

// runLog is the file that takes what a cluster's processes log.
type runLog struct{ file *os.File }

func newRunLog(path string) (*runLog, error) {
	f, err := os.Create(path)
	return &runLog{f}, err
}

// complaint is what the first process that failed had to say: the line that every command ends with when it fails.
func (l *runLog) complaint() string {
	data, err := os.ReadFile(l.file.Name())
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if why, ok := strings.CutPrefix(line, "powbench: "); ok {
			return strings.TrimSpace(why)
		}
	}
	return ""
}

// close keeps the file only if something was logged.
func (l *runLog) close() error {
	info, err := l.file.Stat()
	err = errors.Join(err, l.file.Close())
	if err == nil && info.Size() == 0 {
		err = os.Remove(l.file.Name())
	}
	return err
}

// historySuffix ends the name of a run's history.
const historySuffix = ".jsonl.gz"
