package command

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/load"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/plots/command"
)

// inNamespace runs the command again in a user namespace if that is what it takes to lay out a testbed; it returns
// whether that was done. Where it cannot be, the run itself says why and uses loopback.
func inNamespace() (bool, error) {
	done, code, err := netem.ReexecInUserNamespace()
	if err != nil || !done {
		return false, nil
	}
	if code != command.Done {
		return true, command.Exit(code)
	}
	return true, nil
}

// runFlags are the flags of run.
type runFlags struct {
	quick, resume    bool
	results, scratch string
}

// scratchRoot is the folder below which the servers' databases lie.
func (f runFlags) scratchRoot() string {
	return cmp.Or(f.scratch, filepath.Join(f.results, ".scratch"))
}

func newRun() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run CONFIG…",
		Short: "Run experiments and draw their figures",
		Long: "run measures the experiments in the files, one after the other, writes their results below --results\n" +
			"and draws their figures there. Interrupted, it keeps every finished point; --resume continues.\n" +
			"Experiments that delay packets run in User-mode Linux where this machine's kernel has no NetEm.",
		Example: "  powbench run configs/smoke.yaml\n  powbench run --quick configs/fig2a.yaml configs/fig2b.yaml\n" +
			"  powbench run --resume configs/fig2c.yaml",
		Args: command.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			experiments, err := loadAll(files, f.quick)
			if err != nil {
				return command.Usage(err)
			}
			if done, err := inNamespace(); done || err != nil {
				return err
			}
			var failed []error
			for i, e := range experiments {
				err := runOne(cmd.Context(), e, files[i], f)
				if err != nil && !errors.Is(err, study.ErrCheckFailed) {
					return err
				}
				failed = append(failed, err)
			}
			return errors.Join(failed...)
		},
	}
	c.Flags().BoolVar(&f.quick, "quick", false, "run the experiments' quick sections: fewer points and repetitions")
	c.Flags().BoolVar(&f.resume, "resume", false, "continue the latest run of each experiment")
	c.Flags().StringVar(&f.results, "results", "results", "folder of all results")
	c.Flags().StringVar(&f.scratch, "scratch", "", "folder for the servers' databases (default: .scratch in --results)")
	return c
}

// runOne runs one experiment, here or in a guest, and draws its figures.
func runOne(ctx context.Context, e *experiment.Experiment, file string, f runFlags) error {
	kernel, err := guestFor(e)
	if err != nil {
		return err
	}
	if kernel != nil {
		return runInGuest(ctx, *kernel, file, f)
	}
	dir, err := load.Run(ctx, load.Options{
		Experiment: e, ConfigFile: file, Quick: f.quick,
		Options: study.Options{Results: f.results, Scratch: f.scratchRoot(), Resume: f.resume, Progress: os.Stderr},
	})
	if err != nil && !errors.Is(err, study.ErrCheckFailed) {
		return err
	}
	return errors.Join(err, command.Draw(filepath.Join(dir, result.FigureDir), []string{dir}))
}

// loadAll reads and checks all files before anything starts.
func loadAll(files []string, quick bool) ([]*experiment.Experiment, error) {
	var all []*experiment.Experiment
	for _, f := range files {
		e, err := experiment.Load(f)
		if err == nil && quick {
			e, err = e.Quick()
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}
