// Package harness runs experiments: it lays out the testbed, measures its links, starts servers and agents as
// processes, drives the load through its phases, checks every history and writes the results.
package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem/guest"
)

// ErrUsage marks an error of what was asked for: nothing was started.
var ErrUsage = errors.New("cannot run")

// ErrCheckFailed says that a run completed, but a history was not linearizable or an attack came to something else than
// expected.
var ErrCheckFailed = errors.New("a check did not hold")

// Options say what to run and where to.
type Options struct {
	Experiment *experiment.Experiment
	ConfigFile string // it came from
	Quick      bool   // it is the quick form
	Results    string // root folder of all results
	Scratch    string // folder to put the servers' databases below
	Resume     bool   // continue the latest run of this experiment instead of starting a new one
	Progress   io.Writer
}

// runner is one run in progress.
type runner struct {
	Options
	experiment *experiment.Experiment
	dir        string // of the results
	manifest   result.Manifest
	attempts   map[string]int  // how often runs were attempted before this start, by runName
	done       map[string]bool // the runs that have an undisturbed point already, by runName
	violations int             // points whose history is not linearizable, earlier starts' included
	scratch    *scratch
	hosts      layout
	progress   *progress
}

// Run runs the experiment and returns the folder of its results. When it fails or ctx ends, the points measured so
// far are kept, and Resume continues there.
func Run(ctx context.Context, o Options) (dir string, err error) {
	r := &runner{Options: o, experiment: o.Experiment}
	if err := r.openSet(); err != nil {
		return "", err
	}
	if r.scratch, err = newScratch(o.Scratch); err != nil {
		return r.dir, err
	}
	defer func() { err = errors.Join(err, r.scratch.remove()) }()
	if err := r.describe(); err != nil {
		return r.dir, err
	}
	if err := r.layOut(ctx); err != nil {
		return r.dir, err
	}
	defer func() { err = errors.Join(err, r.hosts.testbed.Close()) }()
	if guest.Current() == "" { // whoever started a guest keeps the real cores awake
		if err := startAwake(r.hosts.clients[0]); err != nil {
			return r.dir, err
		}
	}
	return r.dir, r.run(ctx)
}

// run measures the links, searches, measures all points and measures the links again.
func (r *runner) run(ctx context.Context) error {
	before, err := r.checkNetwork(ctx)
	if err != nil {
		return err
	}
	r.manifest.Testbed.Before, r.manifest.Testbed.DelaysBefore = before.links, before.delays
	if err := r.saveManifest(); err != nil {
		return err
	}
	if err := r.searchAll(ctx); err != nil {
		return err
	}
	if err = r.measureAll(ctx); err != nil {
		return err
	}
	after, off, err := r.measureNetwork(ctx)
	if err != nil {
		return err
	}
	r.manifest.Testbed.After, r.manifest.Testbed.DelaysAfter = after.links, after.delays
	if off != "" {
		r.progress.note("WARNING: after the runs " + off)
	}
	r.manifest.Finished = time.Now().UTC().Format(time.RFC3339)
	if err := r.saveManifest(); err != nil {
		return err
	}
	if r.violations > 0 {
		return fmt.Errorf("%w: %d points of %s are not linearizable; `powbench check` draws them",
			ErrCheckFailed, r.violations, r.dir)
	}
	return nil
}

// searchAll finds the number of clients for each series that wants it, unless an interrupted run has found it.
func (r *runner) searchAll(ctx context.Context) error {
	for _, cell := range r.experiment.Cells() {
		if cell.Clients != 0 || r.clientsFor(cell) != 0 {
			continue
		}
		r.progress.begin("search " + cell.String())
		found, err := r.search(ctx, cell.Series)
		if err != nil {
			return fmt.Errorf("search %v: %w", cell.Series, err)
		}
		r.progress.searched(found)
		r.manifest.Searches = append(r.manifest.Searches, found)
		if err := r.saveManifest(); err != nil {
			return err
		}
	}
	return nil
}

// clientsFor is the cell's number of clients, from its configuration or a search; 0 if no search has been made yet.
func (r *runner) clientsFor(c result.Cell) int {
	for _, s := range r.manifest.Searches {
		if c.Clients == 0 && c.Series == s.Series {
			return s.Chosen
		}
	}
	return c.Clients
}

// measureAll measures the schedule's runs but those that are done.
func (r *runner) measureAll(ctx context.Context) error {
	for _, run := range r.experiment.Schedule() {
		clients := r.clientsFor(run.Cell)
		if r.done[runName(run, clients)] {
			continue
		}
		r.progress.begin(runName(run, clients))
		point, err := r.measureUndisturbed(ctx, run, clients)
		if err != nil {
			return fmt.Errorf("%s: %w (what was measured so far is kept: continue with --resume)",
				runName(run, clients), err)
		}
		r.progress.measured(point)
	}
	return nil
}

// count takes note of a point whose history is not linearizable.
func (r *runner) count(p result.Point) {
	if p.Linearizable.Code == result.Violation {
		r.violations++
	}
}

// calmDown is how long to wait for a disturbed machine to calm down before the next attempt.
const calmDown = 5 * time.Second

// measureUndisturbed does one run, and again if other work took the CPU away meanwhile. Every attempt is a point;
// whether there is another one depends on the disturbance alone, never on what was measured.
func (r *runner) measureUndisturbed(ctx context.Context, run experiment.Run, clients int) (result.Point, error) {
	for attempt := r.attempts[runName(run, clients)] + 1; ; attempt++ {
		point, err := r.measure(ctx, run, clients, attempt)
		if err != nil {
			return point, err
		}
		if err := result.Append(r.dir, point); err != nil {
			return point, err
		}
		r.count(point)
		if !point.Disturbed() || attempt%r.experiment.Attempts == 0 {
			return point, nil
		}
		r.progress.note(point.InvalidReason + ": once more")
		if err := clock.Sleep(ctx, calmDown); err != nil {
			return point, err
		}
	}
}
