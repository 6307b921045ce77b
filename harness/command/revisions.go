package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/stat"
	"github.com/powbench/powbench/plots/tables"
)

// revisionFlags are the flags of compare that measure, and do not only read.
type revisionFlags struct {
	revisions, quick bool
	blocks           int
	keep             string
}

// withRevisions lets the command compare build two revisions and measure them against each other.
func withRevisions(compare *cobra.Command) {
	f := &revisionFlags{}
	compare.Flags().BoolVar(&f.revisions, "revisions", false, "A and B are revisions of this git repository: build both and measure the experiment CONFIG\n"+
		"with them in turn")
	compare.Flags().IntVar(&f.blocks, "blocks", 5, "with --revisions: how often to measure A, B, B, A")
	compare.Flags().BoolVar(&f.quick, "quick", false, "with --revisions: the experiment's quick section")
	compare.Flags().StringVar(&f.keep, "keep", "results/revisions", "with --revisions: folder for the results")
	compare.Use = "compare A B [CONFIG]"
	compare.Long += "\n\nWith --revisions it builds two revisions of git, each in a worktree of its own, and runs the experiment with A, B, B\n" +
		"and A, block after block, so that what drifts on the machine falls on both. The unit is the block: the ratio B/A and its\n" +
		"interval are over blocks. The same is done with A against A and B against B, whose differences are false alarms."
	compare.Example += "\n  powbench compare --revisions main my-branch configs/fig2a.yaml --quick"
	plain, two := compare.RunE, compare.Args
	compare.Args = func(c *cobra.Command, args []string) error {
		if !f.revisions {
			return two(c, args)
		}
		if len(args) != 3 {
			return command.Usage(fmt.Errorf("--revisions takes A, B and CONFIG, received %d (see powbench compare --help)", len(args)))
		}
		return nil
	}
	compare.RunE = func(c *cobra.Command, args []string) error {
		if !f.revisions {
			return plain(c, args)
		}
		return f.run(c, args[0], args[1], args[2])
	}
}

// run measures and tells.
func (f *revisionFlags) run(c *cobra.Command, a, b, config string) error {
	if f.blocks < 2 {
		return command.Usage(fmt.Errorf("--blocks is %d: an interval takes at least 2", f.blocks))
	}
	if _, err := experiment.Load(config); err != nil {
		return command.Usage(err)
	}
	config, err := filepath.Abs(config)
	if err != nil {
		return err
	}
	var builds [2]string
	for i, revision := range []string{a, b} {
		binary, remove, err := build(c.Context(), revision, c.ErrOrStderr())
		if err != nil {
			return err
		}
		defer func() { _ = remove() }()
		builds[i] = binary
	}
	all := make([]block, f.blocks)
	for i := range all {
		for place, which := range abba {
			dir := filepath.Join(f.keep, fmt.Sprintf("block%d-%d%s", i+1, place+1, "ab"[which:which+1]))
			set, err := f.measure(c.Context(), builds[which], config, dir, c.ErrOrStderr())
			if err != nil {
				return err
			}
			all[i][place] = set
		}
	}
	told, err := tell(all)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(c.OutOrStdout(), sink.String(tables.Tables{told}, sink.Text))
	return err
}

// abba is the order of a block: which of the two builds is measured.
var abba = [4]int{0, 1, 1, 0}

// A block is the sets of one A, B, B, A.
type block [4]*result.Set

// build builds a revision in a worktree of its own, which remove removes.
func build(ctx context.Context, revision string, progress io.Writer) (binary string, remove func() error, err error) {
	dir, err := os.MkdirTemp("", "powbench-revision-")
	if err != nil {
		return "", nil, err
	}
	tree := filepath.Join(dir, "tree")
	remove = func() error {
		_, err := output(context.Background(), "", "git", "worktree", "remove", "--force", tree)
		return errors.Join(err, os.RemoveAll(dir))
	}
	fmt.Fprintf(progress, "building %s\n", revision)
	if _, err := output(ctx, "", "git", "worktree", "add", "--detach", tree, revision); err != nil {
		return "", nil, errors.Join(command.Usage(fmt.Errorf("revision %s: %w", revision, err)), os.RemoveAll(dir))
	}
	binary = filepath.Join(dir, "powbench")
	if _, err := output(ctx, tree, "go", "build", "-buildvcs=auto", "-o", binary, "./cmd/powbench"); err != nil {
		return "", nil, errors.Join(fmt.Errorf("build %s: %w", revision, err), remove())
	}
	return binary, remove, nil
}

// output runs a program and returns what it prints.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// measure runs the experiment with a build.
func (f *revisionFlags) measure(ctx context.Context, binary, config, dir string, progress io.Writer) (*result.Set, error) {
	args := []string{"run", "--results", dir, config}
	if f.quick {
		args = append(args, "--quick")
	}
	c := exec.CommandContext(ctx, binary, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // so that it leaves nothing behind
	c.Stdout, c.Stderr = io.Discard, progress
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s: %w", strings.Join(c.Args, " "), err)
	}
	sets, err := filepath.Glob(filepath.Join(dir, "*", result.LatestLink))
	if err != nil || len(sets) != 1 {
		return nil, fmt.Errorf("%s: %d sets: %w", dir, len(sets), err)
	}
	return result.Read(sets[0])
}

// A pair is what blocks say of one measurement: the means of both builds in each block, and the two halves of each build.
type pair struct {
	cell            frame.Cell
	a, b            []float64
	first, second   []float64 // A's and B's halves in turn, which differ by chance alone
	ratio, byChance stat.Ratio
}

// tell compares the builds by blocks: throughput of every measurement that all have.
func tell(all []block) (tables.Table, error) {
	var pairs []pair
	for i, blk := range all {
		var cells [4][]frame.Cell
		for place, set := range blk {
			var err error
			if cells[place], err = frame.PointsOf(set); err != nil {
				return tables.Table{}, err
			}
		}
		for _, c := range cells[0] {
			values, complete := [4]float64{}, true
			for place := range blk {
				at := frame.Find(cells[place], func(o frame.Cell) bool { return o.Key == c.Key || o.Searched && c.Searched && o.Series == c.Series })
				values[place] = at.Throughput().Mean
				complete = complete && values[place] > 0
			}
			if !complete {
				continue
			}
			if i == 0 {
				pairs = append(pairs, pair{cell: c})
			}
			for p := range pairs {
				if pairs[p].cell.Key == c.Key || pairs[p].cell.Searched && c.Searched && pairs[p].cell.Series == c.Series {
					pairs[p].add(values)
				}
			}
		}
	}
	return pairTable(pairs, len(all)), nil
}

// add adds a block: A, B, B, A.
func (p *pair) add(v [4]float64) {
	p.a, p.b = append(p.a, math.Sqrt(v[0]*v[3])), append(p.b, math.Sqrt(v[1]*v[2]))
	p.first, p.second = append(p.first, v[0], v[1]), append(p.second, v[3], v[2])
}

// pairTable says what differs. A difference counts if its interval excludes 1 by Holm's method, which regards all measurements.
func pairTable(pairs []pair, blocks int) tables.Table {
	t := tables.Table{
		Title:  "B against A, by blocks",
		Header: []string{"measurement", "blocks", "A MB/s", "B MB/s", "B/A", "verdict"},
	}
	var p []float64
	for i := range pairs {
		pairs[i].ratio, pairs[i].byChance = stat.Paired(pairs[i].b, pairs[i].a), stat.Paired(pairs[i].first, pairs[i].second)
		p = append(p, pairs[i].ratio.P)
	}
	holds, alarms := stat.Holm(p), 0
	for i, x := range pairs {
		if x.byChance.Excludes1() {
			alarms++
		}
		t.Rows = append(t.Rows, []string{
			x.cell.String(), fmt.Sprint(len(x.a)), stat.NewEstimate(x.a).String(), stat.NewEstimate(x.b).String(), x.ratio.Format(3), blockVerdict(x.ratio, holds[i]),
		})
	}
	t.Notes = []string{
		fmt.Sprintf("Of %d blocks of A, B, B, A; intervals are 95 %% over blocks (Student's t on logarithms). Faster and slower hold by Holm's "+
			"method, which regards all measurements.", blocks),
		fmt.Sprintf("This machine's false alarms in this session: of %d comparisons of a build with itself, %d excluded 1 by themselves (5 %% would be %.1f).",
			len(pairs), alarms, 0.05*float64(len(pairs))),
	}
	return t
}

// blockVerdict is what blocks can tell: a difference, or how small a one they would have told.
func blockVerdict(r stat.Ratio, holds bool) string {
	switch {
	case holds && r.Excludes1() && r.Value > 1:
		return "faster"
	case holds && r.Excludes1():
		return "slower"
	case !r.HasInterval():
		return "too few blocks"
	}
	half := math.Sqrt(r.High / r.Low)
	return fmt.Sprintf("no difference found; one of %s would have been", stat.Roughly(half-1))
}
