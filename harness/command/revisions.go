package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/plots/sink"
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
	compare.Flags().StringVar(&f.keep, "keep", "results/revisions", "with --revisions: folder for the results, in a folder for each call")
	compare.Use = "compare A B [CONFIG]"
	compare.Long += "\n\nWith --revisions it builds two revisions of git, each in a worktree of its own, and runs the experiment with A, B, B\n" +
		"and A, block after block, so that what drifts on the machine falls on both. The unit is the block: the ratio B/A and its\n" +
		"interval are over blocks. The same is done with A against A and B against B, whose differences are false alarms. Each call has\n" +
		"a folder of its own below --keep. It exits 1 if no measurement was valid in at least two blocks."
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
func (f *revisionFlags) run(c *cobra.Command, a, b, config string) (err error) {
	if f.blocks < 2 {
		return command.Usage(fmt.Errorf("--blocks is %d: an interval takes at least 2", f.blocks))
	}
	expected, err := f.expected(config)
	if err != nil {
		return command.Usage(err)
	}
	ctx, progress := c.Context(), c.ErrOrStderr()
	var builds [2]*revision
	for i, name := range []string{a, b} {
		fmt.Fprintf(progress, "building %s, %s\n", "AB"[i:i+1], name)
		if builds[i], err = newRevision(ctx, name); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, builds[i].remove()) }()
	}
	dir, err := newFolder(f.keep, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(progress, "%d blocks of A, B, B, A into %s, about %v\n", f.blocks, dir, (expected * 4 * time.Duration(f.blocks)).Round(time.Second))
	all, err := f.measureAll(ctx, builds, config, dir, progress)
	if err != nil {
		return err
	}
	told, known, err := tell(all)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprint(c.OutOrStdout(), sink.String(told, sink.Text)); err == nil && !known {
		err = fmt.Errorf("no measurement was valid in two blocks, which an interval takes: the sets in %s say why; ask for more --blocks, or for a quiet machine", dir)
	}
	return err
}

// expected is about how long a run of the experiment takes.
func (f *revisionFlags) expected(config string) (time.Duration, error) {
	e, err := experiment.Load(config)
	if err == nil && f.quick {
		e, err = e.Quick()
	}
	if err != nil {
		return 0, err
	}
	estimate, err := e.Estimate()
	return estimate.Total(), err
}

// newFolder makes a folder below keep that no other call has, named by the time.
func newFolder(keep string, now time.Time) (string, error) {
	if err := os.MkdirAll(keep, 0o755); err != nil {
		return "", err
	}
	stamp := filepath.Join(keep, now.UTC().Format("20060102T150405Z"))
	for dir, n := stamp, 2; ; dir, n = fmt.Sprintf("%s-%d", stamp, n), n+1 {
		if err := os.Mkdir(dir, 0o755); !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
}

// abba is the order of a block: which of the two builds is measured.
var abba = [4]int{0, 1, 1, 0}

// A block is the sets of one A, B, B, A.
type block [4]*result.Set

// measureAll measures all blocks, each set in a folder of its own below dir.
func (f *revisionFlags) measureAll(ctx context.Context, builds [2]*revision, config, dir string, progress io.Writer) ([]block, error) {
	all := make([]block, f.blocks)
	for i := range all {
		for place, which := range abba {
			fmt.Fprintf(progress, "block %d of %d, %d of %d: %s, %s\n", i+1, len(all), place+1, len(abba), "AB"[which:which+1], builds[which].name)
			set, err := f.measure(ctx, builds[which], config, filepath.Join(dir, fmt.Sprintf("block%d-%d%s", i+1, place+1, "ab"[which:which+1])), progress)
			if err != nil {
				return nil, err
			}
			all[i][place] = set
		}
	}
	return all, nil
}

// measure runs the experiment with a build.
func (f *revisionFlags) measure(ctx context.Context, r *revision, config, dir string, progress io.Writer) (*result.Set, error) {
	args := []string{"run", "--results", dir, config}
	if f.quick {
		args = append(args, "--quick")
	}
	c := program(ctx, "", r.binary, args...)
	c.Stdout, c.Stderr = io.Discard, until{ctx, progress}
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s: powbench %s: %w", r.name, strings.Join(args, " "), err)
	}
	sets, err := filepath.Glob(filepath.Join(dir, "*", result.LatestLink))
	if err != nil {
		return nil, err
	}
	if len(sets) != 1 {
		return nil, fmt.Errorf("%s: %s has %d sets, want 1", r.name, dir, len(sets))
	}
	return result.Read(sets[0])
}

// until writes until ctx ends: what an interrupted run says, such as how to continue it, is not said of the whole.
type until struct {
	ctx context.Context
	io.Writer
}

func (u until) Write(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return len(p), nil
	}
	return u.Writer.Write(p)
}
