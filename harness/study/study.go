// Package study does what an experiment, an attack run and a table of costs have in common: it opens or resumes a set of
// results, describes build and machine, lays out and calibrates the testbed, does a list of tasks and keeps their
// results. It imports testbed, result, clock and protocols/catalog; study/load, study/attack, study/cost and the command
// import it.
package study

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/harness/testbed/remote"
)

// ErrUsage marks an error of what was asked for: nothing was started.
var ErrUsage = errors.New("cannot run")

// ErrCheckFailed says that a study completed, but a history was not linearizable or an attack came to something else
// than expected.
var ErrCheckFailed = errors.New("a check did not hold")

// Options say where a study takes place.
type Options struct {
	Results  string // root folder of all results
	Scratch  string // folder to put the servers' databases below
	Resume   bool   // continue the latest set of this study instead of beginning a new one
	Progress io.Writer
	Machines *remote.Hosts // a cluster's, which Shell reaches; nil for namespaces of this machine
	Shell    remote.Shell
}

// open lays out the testbed, here or on the machines of a cluster.
func (o Options) open(ctx context.Context, spec testbed.Spec) (testbed.Testbed, error) {
	if o.Machines != nil {
		return remote.Open(ctx, spec, *o.Machines, o.Shell, o.Progress)
	}
	return testbed.Open(ctx, spec, o.Progress)
}

// A Study is a list of tasks, and what it takes to do them.
type Study struct {
	// Manifest and Config are what was asked for; Run adds Config and the circumstances to the manifest.
	Manifest result.Manifest
	Config   any
	// Testbed is what the tasks use; nil for none. A Strict study refuses a testbed that does not keep what it promises,
	// and measures it again in the end; others only warn of it.
	Testbed *testbed.Spec
	Strict  bool
	// Tasks lists all of them, in order.
	Tasks func(b *Bench) []Task
	// Earlier tells what an earlier start has done; nil if the study cannot be resumed.
	Earlier func(set *result.Set) Earlier
	// Attempts is how often a task is done that is disturbed: at once, after the machine had time to calm down, or, if
	// Postpone, behind all others.
	Attempts int
	Postpone bool
	// Expected is the time that all tasks will take.
	Expected time.Duration
	// Every is how many tasks pass between two lines of progress that stay; 0 is 1.
	Every int
	// Violation says what it means that so many lines violate what was to hold.
	Violation func(lines int, dir string) string
}

// A Task is one step of a study.
type Task interface {
	// Name tells it apart from the study's others. It may depend on what tasks before it found.
	Name() string
	// Do does it for the given time, from 1, and returns what to keep and what to tell a person. A line of nil is one that
	// the task has kept by itself, in the manifest.
	Do(ctx context.Context, attempt int) (line result.Line, text string, err error)
}

// A Timed task knows how long it is expected to take. All tasks that do not are expected to take alike.
type Timed interface{ Expected() time.Duration }

// Earlier lists the tasks that an earlier start has done, by name.
type Earlier struct {
	Attempts map[string]int
	Done     map[string]bool
	Violated int // lines
}

// A Bench is where a study's tasks are done.
type Bench struct {
	Dir      string // of the set
	Manifest result.Manifest
	Testbed  testbed.Testbed // nil if the study asks for none

	study    Study
	earlier  Earlier
	progress *progress
	lock     *os.File // the set's folder, which nobody else may write into
}

// Run does the study and returns the folder of its results. When it fails or ctx ends, what was measured so far is kept.
func Run(ctx context.Context, s Study, o Options) (dir string, err error) {
	if s.Manifest.Config, err = json.Marshal(s.Config); err != nil {
		return "", err
	}
	b := &Bench{study: s, progress: newProgress(o.Progress, s.Manifest.Experiment, s.Every)}
	defer func() { _ = b.lock.Close() }() // does nothing without a lock
	defer b.progress.clear()
	if err := b.openSet(o); err != nil {
		return "", err
	}
	if s.Testbed != nil {
		spec := *s.Testbed
		spec.Scratch = o.Scratch
		if b.Testbed, err = o.open(ctx, spec); err != nil {
			return b.Dir, err
		}
		defer func() { err = errors.Join(err, b.Testbed.Close()) }()
		if machines, ok := b.Testbed.(testbed.Machines); ok {
			watched, stop := machines.Watch(ctx)
			defer stop()
			ctx = watched
		}
	}
	if err := b.describe(); err != nil {
		return b.Dir, err
	}
	queue := b.expect(s.Tasks(b))
	if err := b.calibrate(ctx); err != nil {
		return b.Dir, err
	}
	if err := b.doAll(ctx, queue); err != nil {
		return b.Dir, err
	}
	return b.Dir, b.finish(ctx)
}

// Note tells a person something.
func (b *Bench) Note(text string) { b.progress.note(text) }

// SaveManifest stores the manifest as it is now.
func (b *Bench) SaveManifest() error { return result.WriteManifest(b.Dir, b.Manifest) }

// awaited is a task with its weight as expected at the start: it may have another name, and expect something else, once a search has
// ended.
type awaited struct {
	Task
	weight float64
}

// expect says what is to be done, and returns it.
func (b *Bench) expect(tasks []Task) (queue []awaited) {
	p := b.progress
	p.total, p.started = len(tasks), time.Now()
	for _, t := range tasks {
		if b.earlier.Done[t.Name()] {
			p.finished++
			continue
		}
		weight := b.weight(t)
		queue = append(queue, awaited{t, weight})
		p.ahead += weight
	}
	todo := p.total - p.finished
	p.expected = time.Duration(float64(todo) / float64(max(1, p.total)) * float64(b.study.Expected))
	b.Note(fmt.Sprintf("%d tasks into %s, about %v", todo, b.Dir, p.left()))
	return queue
}

// weight is how long the task is expected to take, in s, or in multiples of the others if nothing is known.
func (b *Bench) weight(t Task) float64 {
	if timed, ok := t.(Timed); ok {
		return timed.Expected().Seconds()
	}
	return cmp.Or(b.study.Expected.Seconds()/float64(b.progress.total), 1)
}

// StealTolerance is the share of all cores' time that the hypervisor may take from a measurement that counts.
const StealTolerance = 0.10

// CalmDown is the time that a disturbed machine gets to calm down before the next attempt.
const CalmDown = 5 * time.Second

// doAll does the tasks that are left. A disturbed one is done again: every attempt is kept, and whether there is another
// one depends on the disturbance alone, never on what was measured.
func (b *Bench) doAll(ctx context.Context, queue []awaited) error {
	disturbed, hint := 0, ""
	if b.study.Earlier != nil {
		hint = " (what was measured so far is kept: continue with --resume)"
	}
	for len(queue) > 0 {
		task := queue[0]
		queue = queue[1:]
		name := task.Name()
		if b.earlier.Done[name] {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b.earlier.Attempts[name]++
		attempt := b.earlier.Attempts[name]
		line, text, err := task.Do(ctx, attempt)
		if err != nil {
			return fmt.Errorf("%s: %w%s", name, err, hint)
		}
		again, err := b.keep(line)
		if err != nil {
			return err
		}
		switch {
		case again && attempt%b.study.Attempts == 0:
			disturbed++
		case again && b.study.Postpone:
			queue = append(queue, task)
			continue
		case again:
			b.Note(name + ": " + text + ": once more")
			if err := clock.Sleep(ctx, CalmDown); err != nil {
				return err
			}
			queue = append([]awaited{task}, queue...)
			continue
		}
		b.progress.end(name, text, task.weight, line != nil && line.Notable())
	}
	if disturbed > 0 {
		b.Note(fmt.Sprintf("other work disturbed %d of them in all attempts: they do not count", disturbed))
	}
	return nil
}

// keep stores what a task came to, and reports whether it was disturbed.
func (b *Bench) keep(line result.Line) (disturbed bool, err error) {
	if line == nil {
		return false, b.SaveManifest()
	}
	if line.Violated() {
		b.earlier.Violated++
	}
	return line.Disturbed(), result.Append(b.Dir, line)
}

// finish measures a strict testbed once more and completes the manifest.
func (b *Bench) finish(ctx context.Context) error {
	if b.study.Strict {
		after, err := b.Testbed.Calibrate(ctx, b.Note)
		if err != nil {
			return err
		}
		tb := &b.Manifest.Testbed
		tb.After, tb.DelaysAfter, tb.TripsAfter = after.Links, after.Delays, after.Trips
		if after.Off != "" {
			b.Note("WARNING: after the runs " + after.Off)
		}
	}
	b.Manifest.Finished = time.Now().UTC().Format(time.RFC3339)
	if err := b.SaveManifest(); err != nil {
		return err
	}
	if n := b.earlier.Violated; n > 0 {
		return fmt.Errorf("%w: %s", ErrCheckFailed, b.study.Violation(n, b.Dir))
	}
	return nil
}
