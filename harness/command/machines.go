package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed/remote"
	"github.com/powbench/powbench/plots/command"
)

// machineFlags say on which machines of a cluster to run; by default on none.
type machineFlags struct {
	hosts string
	slurm bool
}

func (f *machineFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.hosts, "hosts", "", "file with the machines of a cluster, which ssh reaches, in place of namespaces of this one")
	c.Flags().BoolVar(&f.slurm, "slurm", false, "run on the nodes of the Slurm allocation that this command is in")
}

// any reports whether there are machines.
func (f machineFlags) any() bool { return f.hosts != "" || f.slurm }

// on has an experiment's study run on the machines. The error is the caller's.
func (f machineFlags) on(o *study.Options, e *experiment.Experiment) error {
	if err := f.reach(o, e.Testbed.ClientHosts); err != nil || o.Machines == nil || !e.Testbed.NetEm() {
		return err
	}
	if f.slurm {
		return fmt.Errorf("%s delays packets, and Slurm does not tell by which interface: list the machines in a file for --hosts, with interfaces, "+
			"or leave out delay and loss", e.Name)
	}
	if err := o.Machines.CanDelay(); err != nil {
		return fmt.Errorf("%s delays packets: %s: %w", e.Name, f.hosts, err)
	}
	return nil
}

// reach finds the machines, so many of them for clients where Slurm does not say which are. The error is the caller's.
func (f machineFlags) reach(o *study.Options, clients int) error {
	var h remote.Hosts
	var err error
	switch {
	case !f.any():
		return nil
	case f.hosts != "" && f.slurm:
		return errors.New("--hosts and --slurm: give one of them")
	case f.slurm:
		o.Shell = remote.Slurm{}
		h, err = remote.Allocation(clients)
	default:
		o.Shell = remote.SSH{}
		h, err = remote.ReadHosts(f.hosts)
	}
	o.Machines = &h
	return err
}

// submitFlags are the flags of submit.
type submitFlags struct {
	runFlags
	nodes                 int
	partition, constraint string
	time                  time.Duration
	print                 bool
}

func newSubmit() *cobra.Command {
	f := &submitFlags{}
	c := &cobra.Command{
		Use:   "submit CONFIG…",
		Short: "Have Slurm run experiments on nodes of its own",
		Long: "submit writes a batch script that runs the experiments on the nodes of an allocation, for as long as their plans\n" +
			"say and half as long again, and hands it to sbatch. Results must be on a file system that the nodes share with\n" +
			"this machine.",
		Example: "  powbench submit --nodes 7 --partition batch configs/fig2b.yaml\n  powbench submit --print --nodes 4 configs/fig2a.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			job, err := f.job(files)
			if err != nil {
				return command.Usage(err)
			}
			show := job.Script
			if !f.print {
				show = job.Submit
				if err := os.MkdirAll(f.results, 0o755); err != nil { // Slurm would lose the job's output without a word
					return err
				}
			}
			text, err := show()
			if err != nil {
				return err
			}
			c.Print(text)
			return nil
		},
	}
	c.Flags().BoolVar(&f.quick, "quick", false, "run the experiments' quick sections: fewer points and repetitions")
	c.Flags().BoolVar(&f.resume, "resume", false, "continue the latest run of each experiment")
	c.Flags().IntVar(&f.nodes, "nodes", 4, "nodes: the last ones are for clients")
	c.Flags().StringVar(&f.partition, "partition", "", "of Slurm")
	c.Flags().StringVar(&f.constraint, "constraint", "", "on nodes, so that all are alike")
	c.Flags().DurationVar(&f.time, "time", 0, "limit of the job (default: by the plans)")
	c.Flags().BoolVar(&f.print, "print", false, "print the script and submit nothing")
	f.folders.flags(c)
	command.CompleteFiles(c, "yaml")
	return c
}

// job is what to submit.
func (f *submitFlags) job(files []string) (b remote.Batch, err error) {
	if f.nodes < 1 {
		return b, fmt.Errorf("--nodes is %d: at least 1", f.nodes)
	}
	experiments, err := loadAll(files, f.quick)
	if err != nil {
		return b, err
	}
	expected := time.Duration(0)
	var names []string
	for i, e := range experiments {
		estimate, err := e.Estimate()
		if err != nil {
			return b, err
		}
		expected += estimate.Total()
		names = append(names, e.Name)
		if files[i], err = filepath.Abs(files[i]); err != nil {
			return b, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return b, err
	}
	results, err := filepath.Abs(f.results)
	if err != nil {
		return b, err
	}
	args := []string{self, "run", "--slurm", "--results", results}
	if f.quick {
		args = append(args, "--quick")
	}
	if f.resume {
		args = append(args, "--resume")
	}
	limit := f.time
	if limit == 0 {
		limit = expected + expected/2
	}
	return remote.Batch{
		Name: "powbench-" + strings.Join(names, "-"), Nodes: f.nodes, Partition: f.partition, Constraint: f.constraint, Time: limit,
		Command: slices.Concat(args, files), Output: filepath.Join(results, "slurm-%j.log"),
	}, nil
}
