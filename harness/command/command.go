// Package command is the command line of powbench: the sub-commands, and the processes that a run starts by running the
// same binary again. It may import everything; only cmd/powbench imports it.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed/remote"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/awake"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// Main runs the command line and returns the exit code. It must come first in main: in a guest, and in the processes
// that a run starts, the binary is run again. Protocols from outside of this module are run, attacked, simulated, checked and drawn
// as all others are.
func Main(outside ...protocols.Protocol) int {
	guest.Init() // in a guest, this process is its init and does not return
	if err := catalog.Add(outside...); err != nil {
		fmt.Fprintln(os.Stderr, "powbench:", err)
		return command.Misused
	}
	return command.Execute(newRoot(), study.ErrUsage)
}

func newRoot() *cobra.Command {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	root := command.Root(
		newRun(), newSubmit(), newPlan(), newCheck(), newSimulate(), newExplore(), newContend(), newAttack(), newSoak(), newCosts(), newUp(), newPut(), newGet(), newCerts(), newDoctor(), newArtifact(),
		withMetrics("server", "A server process, started by run and up", func(ctx context.Context, metrics string) error {
			return node.Serve(ctx, os.Stdin, os.Stdout, metrics, log)
		}),
		withMetrics("agent", "A load-generating process, started by run", func(ctx context.Context, metrics string) error {
			agent.Serve(ctx, os.Stdin, os.Stdout, metrics, log)
			return nil
		}),
		newProcess("steward", "A process that looks after a machine of a cluster, started by run", func(ctx context.Context) error {
			remote.Serve(ctx, os.Stdin, os.Stdout)
			return nil
		}),
		newProcess("awake", "A process that keeps the cores awake, started by run", awake.Keep),
	)
	if compare, _, err := root.Find([]string{"compare"}); err == nil {
		withRevisions(compare)
	}
	return root
}

// newProcess is a process that a run starts. Servers and agents are steered over their standard input and output, and end
// when their input does.
func newProcess(name, short string, run func(context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return run(c.Context()) },
	}
}

// withMetrics is a process that tells how it is doing, if asked.
func withMetrics(name, short string, run func(ctx context.Context, metrics string) error) *cobra.Command {
	var addr string
	c := newProcess(name, short, func(ctx context.Context) error { return run(ctx, addr) })
	c.Flags().StringVar(&addr, "metrics", "", "serve metrics and profiles at this host:port; without a host, for this machine alone")
	return c
}

// folders are where results and databases go.
type folders struct{ results, scratch string }

func (f *folders) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.results, "results", "results", "folder of all results")
	c.Flags().StringVar(&f.scratch, "scratch", "", "folder for the servers' databases (default: .scratch in --results)")
}

// options are the options that every study takes.
func (f folders) options(c *cobra.Command) study.Options {
	return study.Options{Results: f.results, Scratch: f.scratchRoot(), Progress: c.ErrOrStderr()}
}

// scratchRoot is the folder below which the servers' databases lie.
func (f folders) scratchRoot() string { return cmp.Or(f.scratch, filepath.Join(f.results, ".scratch")) }

// inNamespace runs the command again in a user namespace if a testbed cannot be laid out otherwise; it returns whether
// that was done. If it cannot be done either, the run itself says why and uses loopback.
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

// drawn draws the results in dir, also if a check of them did not hold.
func drawn(c *cobra.Command, dir string, err error) error {
	if err != nil && !errors.Is(err, study.ErrCheckFailed) {
		return err
	}
	return errors.Join(err, command.Draw(c, filepath.Join(dir, result.FigureDir), dir))
}

func newDoctor() *cobra.Command {
	var wan bool
	var machines string
	c := &cobra.Command{
		Use:     "doctor",
		Short:   "Say what this machine can do, or those of a cluster, and how to get what is missing",
		Example: "  powbench doctor\n  powbench doctor --wan\n  powbench doctor --hosts hosts.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if machines != "" {
				h, err := remote.ReadHosts(machines)
				if err != nil {
					return command.Usage(err)
				}
				return remote.Examine(c.Context(), h, remote.SSH{}, c.OutOrStdout())
			}
			mode, err := netem.Available()
			c.Printf("cores:        %d (2 or more are needed for a shaped LAN)\n", runtime.NumCPU())
			c.Printf("testbed:      %s\n", mode)
			if err != nil {
				c.Printf("              %v\n", err)
			}
			if mode == netem.ModeLoopback {
				c.Println("              experiments run unshaped on loopback; their numbers say nothing about a network")
			}
			c.Println("unlimited:    " + unlimitedMode(mode))
			where, err := wanMode()
			c.Printf("WAN (NetEm):  %s\n", where)
			if wan {
				return err
			}
			return nil
		},
	}
	c.Flags().StringVar(&machines, "hosts", "", "try the machines in this file, which ssh reaches")
	c.Flags().BoolVar(&wan, "wan", false, "fail unless experiments that delay packets can run here")
	return c
}

// unlimitedMode says what this machine offers an experiment that is not about the network.
func unlimitedMode(mode netem.Mode) string {
	if mode == netem.ModeLoopback {
		return "topology: loopback, which needs no privilege"
	}
	return "rate: unlimited, links without a shaper; or topology: loopback, which needs no privilege"
}

// wanMode says where experiments that delay packets run on this machine, and what to install if they cannot.
func wanMode() (string, error) {
	native := netem.CanDelay()
	if native == nil {
		return "native: this kernel has NetEm", nil
	}
	k, err := guest.Find()
	if err != nil {
		return fmt.Sprintf("none\n              this kernel: %v\n              guest: %v", native, err), err
	}
	return fmt.Sprintf("guest: User-mode Linux %s at %s\n              this kernel: %v", k.Release, k.Path, native), nil
}
