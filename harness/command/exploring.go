package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/sim/explore"
)

// exploring is the explorations in progress.
type exploring struct {
	*exploreOptions
	tasks []explore.Task

	mu    sync.Mutex // of all below, and of what is told of progress
	table result.Explorations
	told  io.Writer
}

// run does what is left to do, so many tasks at a time.
func (x *exploring) run(ctx context.Context) error {
	left := map[int]bool{}
	for i, t := range x.tasks {
		_, done := finished(x.table, x.row(t))
		left[i] = !done
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(x.jobs)
	for i, t := range x.tasks {
		if !left[i] {
			continue
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return x.interrupted(ctx.Err())
			}
			return x.explore(ctx, t, fmt.Sprintf("[%d/%d]", i+1, len(x.tasks)))
		})
	}
	return group.Wait()
}

// failed counts the explorations that found harm which is not to be expected.
func (x *exploring) failed() (n int) {
	for _, t := range x.tasks {
		if r, done := finished(x.table, x.row(t)); done && !r.Held {
			n++
		}
	}
	return n
}

// explore does one task, adds its row to the table and tells what came of it.
func (x *exploring) explore(ctx context.Context, t explore.Task, which string) error {
	row := x.row(t)
	what := fmt.Sprintf("%-20s %-25s %-6s", row.Protocol, row.Scope, row.Menu)
	t.Progress = x.teller(which + " " + what)
	search, err := explore.New(t)
	if err != nil {
		return err
	}
	report, err := search.Run(ctx)
	if err != nil {
		return err
	}
	row = summed(row, report)
	for _, c := range search.Conditions() {
		row.Conditions = append(row.Conditions, string(c))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.add(row); err != nil {
		return err
	}
	fmt.Fprintf(x.told, "%s %9d executions, %8d states, %6.1f s: %s%s\n", what, row.Executions, row.States, row.Seconds, row.Words(),
		completeness(row))
	for _, v := range report.Violations {
		if err := x.tell(x.told, search, v, row); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return x.interrupted(err)
	}
	return nil
}

// add puts the row in its place in the table, which is that of its task, and writes the table if there is a file for it.
func (x *exploring) add(row result.Explored) error {
	place := func(r result.Explored) int {
		return slices.IndexFunc(x.tasks, func(t explore.Task) bool { return r.Is(x.row(t)) })
	}
	x.table.Rows = append(slices.DeleteFunc(x.table.Rows, row.Is), row)
	slices.SortFunc(x.table.Rows, func(a, b result.Explored) int { return cmp.Compare(place(a), place(b)) })
	if x.out == "" {
		return nil
	}
	return x.table.Write(x.out)
}

// interrupted says how to go on.
func (x *exploring) interrupted(err error) error {
	return fmt.Errorf("interrupted, what is done is kept in --out %q: go on with --resume: %w", x.out, err)
}

// teller tells a person now and then how far an exploration has come, and how long it may still take.
func (x *exploring) teller(what string) func(explore.Progress) {
	const every = 10 * time.Second
	began, told := time.Now(), time.Now()
	return func(p explore.Progress) {
		if time.Since(told) < every {
			return
		}
		told = time.Now()
		left := "time left unknown"
		if p.Done > 0.001 {
			took := time.Since(began)
			left = fmt.Sprintf("at most about %v left", time.Duration(float64(took)*(1-p.Done)/p.Done).Round(time.Second))
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		fmt.Fprintf(x.progress, "explore %s: %d executions, %d states, %.1f %% of the tree (%s)\n", what, p.Executions, p.States,
			100*p.Done, left)
	}
}
