// Command powbench re-runs the evaluation of the paper "PoWerStore: Proofs of Writing for Efficient and Robust
// Storage" (CCS 2013): real server processes, an emulated network, checked histories, figures from raw samples.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // it failed, or a check did not hold
	exitUsage  = 2 // wrong usage or configuration; nothing was started
)

// childExit is the exit code of the copy of this command that ran in a user namespace.
type childExit int

func (c childExit) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

// usageError is an error of the caller: bad arguments, flags or configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usage marks err as the caller's; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

func main() {
	begin()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	root := newRoot()
	root.SetOut(os.Stdout)
	err := root.ExecuteContext(ctx)
	stop()
	os.Exit(exitCode(err))
}

// exitCode reports err to the user and turns it into the exit code.
func exitCode(err error) int {
	var child childExit
	var wrong usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &child):
		return int(child)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "powbench: interrupted")
		return exitFailed
	}
	fmt.Fprintln(os.Stderr, "powbench:", err)
	if errors.As(err, &wrong) || isUsage(err) {
		return exitUsage
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "powbench",
		Short: "Measure what robust, Byzantine-tolerant storage really costs",
		Long: "powbench runs M-PoWerStore, M-ABD and Phalanx as real processes over an emulated network,\n" +
			"measures them under closed-loop load, checks every history and draws the paper's figures.",
		SilenceErrors: true, SilenceUsage: true,
		Args: args(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w (see %s --help)", err, c.CommandPath()))
	})
	root.AddCommand(newPlot(), newReport(), newCompare(), newExport())
	root.AddCommand(others()...)
	return root
}

// args wraps a check of positional arguments so that its failure counts as bad usage.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		if err := check(c, a); err != nil {
			return usage(fmt.Errorf("%w (see %s --help)", err, c.CommandPath()))
		}
		return nil
	}
}
