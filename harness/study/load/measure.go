package load

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
)

// measurement measures a point of one run.
type measurement struct {
	*runner
	run experiment.Run
}

// resolved is the run with the clients and the rate that searches found.
func (m *measurement) resolved() experiment.Run {
	run := m.run
	run.Cell = m.runner.resolved(run.Cell)
	return run
}

// Name implements study.Task.
func (m *measurement) Name() string {
	name := runName(m.resolved())
	if m.twice() {
		name += " as searched for"
	}
	return name
}

// Expected implements study.Timed.
func (m *measurement) Expected() time.Duration {
	if m.twice() {
		return 0
	}
	return m.times.Run(m.resolved().Cell)
}

// twice reports whether a search found a number of clients, or a rate, that the experiment measures anyway.
func (m *measurement) twice() bool {
	found := m.resolved()
	if m.run.RateSought() {
		return slices.ContainsFunc(m.Experiment.Arrival.Rates, func(f result.Frequency) bool { return f.Hz() == found.Rate })
	}
	return m.run.Clients == 0 && found.Clients > 0 && slices.Contains(m.Experiment.Clients, found.Clients)
}

// Do implements study.Task. It uses fresh servers: start, preload, load, check.
func (m *measurement) Do(ctx context.Context, attempt int) (result.Line, string, error) {
	run := m.resolved()
	switch {
	case m.twice():
		return nil, "it is a run already", nil
	case run.RateSought():
		return nil, "no rate was found that keeps the objective", nil
	}
	p := m.newPoint(run, attempt)
	name := m.Name()
	if attempt > 1 {
		name += fmt.Sprintf("-attempt%d", attempt)
	}
	err := m.withCluster(ctx, name, run.Series, run.Clients, run.Seed, func(ctx context.Context, c *cluster.Cluster) (err error) {
		l, err := m.loadAll(ctx, c, &p)
		if err != nil {
			return err
		}
		if p.RSSMiB, err = c.PeakRSS(ctx); err != nil {
			return err
		}
		spool, err := m.check(ctx, c, &p, name)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, spool.Close()) }()
		if m.Profile {
			p.Profiles = name
			if err := l.SaveProfiles(filepath.Join(m.bench.Dir, result.ProfileDir, name)); err != nil {
				return err
			}
		}
		p.Concurrency = history.Concurrency(spool.Parts(), l.Window.From.Ns, l.Window.To.Ns)
		p.Timeline = timeline(kinds(p.Series), spool.Parts(), l, m.Experiment.Phases.Timeline.Std())
		met := newMeetings(&p, spool.Parts(), l, m.Experiment.Phases.Warmup.Std())
		if m.run.RateSought() {
			p.Objective = m.Experiment.Objective.Bounded(slowerThan(m.Experiment.Objective, l))
		}
		return errors.Join(spool.Err(), m.fill(&p, l, met))
	})
	return p, tell(p, m.run.Clients == 0), err
}

// unchecked says why there is no history; it is empty if there is one.
func unchecked(c *cluster.Cluster, p *result.Point) string {
	switch {
	case c.Null():
		return "the protocol keeps no values"
	case p.Alternates():
		return "the load recorded operations in turn only"
	}
	return ""
}

// check checks the history, if there is one, and keeps it in a file of that name. The spool is the caller's to close.
func (m *measurement) check(ctx context.Context, c *cluster.Cluster, p *result.Point, name string) (*history.Spool, error) {
	if why := unchecked(c, p); why != "" {
		spool, err := c.SpoolHistory(ctx, "")
		p.Linearizable = result.Verdict{
			Code: result.NoHistory, Checker: "none", Operations: spool.Len(), Detail: "not checked: " + why,
		}
		return spool, err
	}
	p.History = name + result.HistorySuffix
	spool, err := c.SpoolHistory(ctx, filepath.Join(m.bench.Dir, result.HistoryDir, p.History))
	if err == nil {
		p.Linearizable = history.CheckParts(spool.Parts(), c.Consistency())
	}
	return spool, err
}

// loadAll runs the load, and what must come before or after it.
func (m *measurement) loadAll(ctx context.Context, c *cluster.Cluster, p *result.Point) (l cluster.Loaded, err error) {
	if p.PebbleAlone() {
		return m.commitAll(ctx, c, p)
	}
	var others agent.Tally // operations that are not part of the load
	if p.Reads() {
		if others, err = c.Preload(ctx, 0, p.Keys); err != nil {
			return l, err
		}
	}
	load := m.ownLoad(p)
	l, p.Probe, err = m.probed(func() (cluster.Loaded, error) { return c.Load(ctx, load) })
	if err != nil {
		return l, err
	}
	l.Merge(&others)
	if p.Writes() {
		if others, err = c.ReadBack(ctx, p.Keys); err != nil {
			return l, err
		}
		l.Merge(&others)
	}
	return l, nil
}

// ownLoad is the load of the measurement's run.
func (m *measurement) ownLoad(p *result.Point) cluster.Load {
	load := m.load(p.Series, p.Load, p.Seed)
	load.Profile = m.Profile
	load.Every = m.Experiment.Phases.Timeline.Std()
	return load
}

// load is the clients' load during a run of the series.
func (r *runner) load(s result.Series, l result.Load, seed uint64) cluster.Load {
	e := r.Experiment
	spec := agent.Spec{
		Load: l, Keys: e.Keys(l.Clients), KeyModel: e.Workload.Keys, Skew: e.Workload.Skew,
		Concurrency: e.Concurrency.Fraction(), Seed: seed, Faulty: s.Attack != "",
	}
	if spec.WriteShare = 1 - s.ReadShare(); !s.Writes() {
		spec.BackgroundShare = e.Workload.Background.Fraction() // of one more client, which writes
	}
	return cluster.Load{
		Spec: spec, Warmup: e.Phases.Warmup.Std(), Measure: e.Phases.Measure.Std(), Longest: e.Phases.Longest.Std(),
		Operations: int64(experiment.EndIn(e.Phases.Operations, l)),
	}
}

// probed runs a load and meanwhile samples the delay between two idle hosts; the probe is nil without NetEm.
func (r *runner) probed(load func() (cluster.Loaded, error)) (l cluster.Loaded, probe *result.MeasuredDelay, err error) {
	shaper, ok := r.bench.Testbed.(testbed.Shaper)
	if !ok || !r.Experiment.Testbed.NetEm() {
		l, err = load()
		return l, nil, err
	}
	stop, err := shaper.StartProbe()
	if err != nil {
		return l, nil, err
	}
	l, err = load()
	d, probeErr := stop()
	return l, &d, errors.Join(err, probeErr)
}

// newPoint is the point of a run before it is measured.
func (r *runner) newPoint(run experiment.Run, attempt int) result.Point {
	e := r.Experiment
	return result.Point{
		Schema: result.SchemaVersion, Experiment: e.Name, Figure: e.Figure, Series: run.Series, Load: run.Load,
		Keys: e.Keys(run.Clients), KeyModel: e.Workload.Keys, Skew: e.Workload.Skew, Repetition: run.Repetition, Attempt: attempt,
		Seed: run.Seed, Shaped: r.shaped(), Started: time.Now().UTC().Format(time.RFC3339),
	}
}

// shaped reports whether the testbed's links have the configured rate.
func (r *runner) shaped() bool { return r.bench.Manifest.Testbed.Shaped }

// farBelow is the share of its bound below which a peak that nothing explains is warned of.
const farBelow = 0.9

// tell sums a point up for a person. Its number of clients may have been searched for.
func tell(p result.Point, searched bool) string {
	text := fmt.Sprintf("%.1f MB/s, %.1f ms", p.ThroughputMBps, p.LatencyMs.Mean)
	if p.Shaped && p.Attack == "" {
		text += fmt.Sprintf(", %.0f %% of the network's bound", 100*p.BoundRatio)
	}
	if o := p.Objective; o != nil {
		text += fmt.Sprintf(", %s of at most %g ms %s, %d operations were slower", o.Percentile, o.BoundMs, o.Answer, o.Slower)
	}
	switch {
	case !p.Valid:
		text += " — INVALID: " + briefly(p.Validity)
	case searched && p.Shaped && p.BoundRatio < farBelow && p.Bottleneck == result.OfLatency:
		text += " — WARNING: far below the bound, though neither link, processor nor disk is full"
	}
	return text
}

// briefly is the first reason for which a point is invalid, and the codes of the others; the point has them all in words.
func briefly(v result.Validity) string {
	first, _, _ := strings.Cut(v.InvalidReason, "; ")
	for i, r := range v.Invalid[min(1, len(v.Invalid)):] {
		if i == 0 {
			first += "; also "
		} else {
			first += ", "
		}
		first += string(r)
	}
	return first
}
