package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/attack"
	"github.com/powbench/powbench/harness/study/cost"
	"github.com/powbench/powbench/harness/study/load"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// runFlags are the flags of run.
type runFlags struct {
	folders
	machineFlags
	quick, resume, profile bool
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
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			experiments, err := loadAll(files, f.quick)
			if err != nil {
				return command.Usage(err)
			}
			if !f.machineFlags.any() && slices.ContainsFunc(experiments, hasLinks) {
				if done, err := inNamespace(); done || err != nil {
					return err
				}
			}
			var failed []error
			for i, e := range experiments {
				err := f.run(c, e, files[i])
				if err != nil && !errors.Is(err, study.ErrCheckFailed) {
					return command.Resumable(err, "what was measured is kept: go on with the same command and --resume")
				}
				failed = append(failed, err)
			}
			return errors.Join(failed...)
		},
	}
	c.Flags().BoolVar(&f.quick, "quick", false, "run the experiments' quick sections: fewer points and repetitions")
	c.Flags().BoolVar(&f.resume, "resume", false, "continue the latest run of each experiment")
	c.Flags().BoolVar(&f.profile, "profile", false, "profile every server and agent in the window of every run; slower")
	f.folders.flags(c)
	f.machineFlags.flags(c)
	command.CompleteFiles(c, "yaml")
	return c
}

// hasLinks reports whether the experiment needs hosts of their own.
func hasLinks(e *experiment.Experiment) bool { return e.Testbed.Topology != result.Loopback }

// run runs one experiment, here or in a guest, and draws its figures.
func (f runFlags) run(c *cobra.Command, e *experiment.Experiment, file string) error {
	o := load.Options{Experiment: e, ConfigFile: file, Quick: f.quick, Profile: f.profile, Options: f.folders.options(c)}
	o.Resume = f.resume
	if err := f.machineFlags.on(&o.Options, e); err != nil {
		return command.Usage(err)
	}
	kernel, err := guestFor(e)
	if err != nil {
		return err
	}
	if kernel != nil {
		return f.runInGuest(c.Context(), *kernel, file)
	}
	dir, err := load.Run(c.Context(), o)
	return drawn(c, dir, err)
}

// guestFor is the kernel of the guest that the experiment has to run in, because this machine's own cannot delay
// packets; nil if there is no need.
func guestFor(e *experiment.Experiment) (*guest.Kernel, error) {
	if !e.Testbed.NetEm() {
		return nil, nil
	}
	native := netem.CanDelay()
	if native == nil {
		return nil, nil
	}
	if guest.Current() != "" {
		return nil, fmt.Errorf("the guest's kernel does not delay packets: %w", native)
	}
	k, err := guest.Find()
	if err != nil {
		return nil, fmt.Errorf("%s delays packets, which takes NetEm or a guest kernel that has it:\n  %w\n  %w",
			e.Name, native, err)
	}
	return &k, nil
}

// runInGuest runs the experiment of one file as this command would, but in a guest, and passes on how that ended.
func (f runFlags) runInGuest(ctx context.Context, k guest.Kernel, file string) (err error) {
	args := []string{"run", "--results", f.results, file}
	if f.quick {
		args = append(args, "--quick")
	}
	if f.resume {
		args = append(args, "--resume")
	}
	if f.profile {
		args = append(args, "--profile")
	}
	fmt.Fprintf(os.Stderr, "%s: this kernel has no NetEm: booting User-mode Linux %s\n", filepath.Base(file), k.Release)
	code, err := study.InGuest(ctx, k, f.scratchRoot(), os.Stdout, os.Stderr, args...)
	if err == nil && code != command.Done {
		err = command.Exit(code)
	}
	return err
}

func newPlan() *cobra.Command {
	var quick, asJSON bool
	c := &cobra.Command{
		Use:     "plan CONFIG…",
		Short:   "Show an experiment's points and the time they will take, without running it",
		Example: "  powbench plan configs/fig2b.yaml\n  powbench plan --quick configs/fig2a.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			experiments, err := loadAll(files, quick)
			if err != nil {
				return command.Usage(err)
			}
			for _, e := range experiments {
				write := e.WritePlan
				if asJSON {
					write = e.WritePlanJSON
				}
				if err := write(c.OutOrStdout()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&quick, "quick", false, "plan the quick section")
	c.Flags().BoolVar(&asJSON, "json", false, "print plans for programs, as JSON, one in a line")
	return c
}

func newCosts() *cobra.Command {
	var results string
	c := &cobra.Command{
		Use:   "costs CONFIG",
		Short: "Measure what proofs of writing and signatures cost, and print the paper's Table 1",
		Long: "costs measures how long one processor takes to construct and to verify the proofs of writing and the\n" +
			"signatures that the file names, counts the modular multiplications of polynomial proofs, writes the results\n" +
			"below --results, prints Table 1 and draws it.",
		Example: "  powbench costs configs/table1.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			table, err := experiment.LoadCosts(files[0])
			if err != nil {
				return command.Usage(err)
			}
			dir, err := cost.Run(c.Context(), cost.Options{
				Costs: table, ConfigFile: files[0], Options: study.Options{Results: results, Progress: c.ErrOrStderr()},
			})
			return drawn(c, dir, err)
		},
	}
	c.Flags().StringVar(&results, "results", "results", "folder of all results")
	return c
}

// attackFlags are the flags of attack.
type attackFlags struct {
	folders
	machineFlags
	quick              bool
	protocols, attacks []string
	t                  int
	seed               uint64
	auth               string
}

func newAttack() *cobra.Command {
	var f attackFlags
	c := &cobra.Command{
		Use:   "attack",
		Short: "Attack real processes and check that the protocols withstand it",
		Long: "attack plays the catalogue of attacks against real servers and clients over the emulated network: servers\n" +
			"that lie, readers that forge, writers that die, links that are cut, servers that are killed, disks that are\n" +
			"full. Every history is checked. It fails if an attack does harm to a protocol that is to withstand it, and\n" +
			"if the harm that it is known to do to another one is not caught.",
		Example: "  powbench attack --quick\n  powbench attack --protocol mabd --attack B2,B3\n  powbench attack --t 2\n" +
			"  powbench attack --hosts hosts.yaml --quick",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := f.options(c)
			if err != nil {
				return command.Usage(err)
			}
			if o.Machines == nil {
				if done, err := inNamespace(); done || err != nil {
					return err
				}
			}
			dir, err := attack.Run(c.Context(), o)
			return drawn(c, dir, err)
		},
	}
	c.Flags().BoolVar(&f.quick, "quick", false, "loads of about a second: a few minutes in all")
	c.Flags().StringSliceVar(&f.protocols, "protocol", nil, "protocols to attack (default: all)")
	c.Flags().StringSliceVar(&f.attacks, "attack", nil, "attacks to play, by ID or name (default: all)")
	command.Complete(c, "protocol", catalog.Names()...)
	c.Flags().IntVar(&f.t, "t", 1, "number of faulty servers to tolerate")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "seed of what attacks leave to chance")
	c.Flags().StringVar(&f.auth, "auth", result.NoAuth, "how servers and clients know each other: none, or tls")
	f.folders.flags(c)
	f.machineFlags.flags(c)
	return c
}

// options turns the flags into what to attack. The fault-free trial, which the others are compared with, comes first.
func (f attackFlags) options(c *cobra.Command) (o attack.Options, err error) {
	o = attack.Options{
		T: f.t, Quick: f.quick, Seed: f.seed, Protocols: catalog.All(), Attacks: attack.All(), Options: f.folders.options(c),
	}
	if f.t < 1 {
		return o, fmt.Errorf("--t is %d: tolerate at least 1 fault", f.t)
	}
	if o.TLS, err = isTLS(f.auth); err != nil {
		return o, err
	}
	if err := f.reach(&o.Options, attack.Agents); err != nil {
		return o, err
	}
	if f.protocols != nil {
		if o.Protocols, err = named(f.protocols, catalog.Keeping); err != nil {
			return o, err
		}
	}
	if f.attacks != nil {
		faultFree := o.Attacks[0]
		if o.Attacks, err = named(f.attacks, attack.ByID); err != nil {
			return o, err
		}
		o.Attacks = slices.DeleteFunc(o.Attacks, func(a byzantine.Attack) bool { return a.ID == faultFree.ID })
		o.Attacks = slices.Insert(o.Attacks, 0, faultFree)
	}
	return o, nil
}

// named finds each of the names.
func named[T any](names []string, find func(string) (T, error)) (all []T, err error) {
	for _, name := range names {
		x, err := find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}
