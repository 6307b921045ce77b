// Package command holds the sub-commands that only read results (plot, report, compare, export), and how every command
// ends: its exit code, and the errors that the caller made. It imports plots, harness/result and harness/meant, no protocol, network
// or database, so that a binary of it alone is built from nothing in a fraction of the time; harness/command and the
// mains import it.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	Done    = 0
	Failed  = 1 // the command failed, or a check did not hold
	Misused = 2 // wrong usage or configuration; nothing was started
	// Interrupted is by Ctrl-C or a signal, as shells have it.
	Interrupted = 130
)

// Exit is the exit code of a copy of this command, in a user namespace or a guest, which has reported its error.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// errUsage marks the errors of the caller: bad arguments, flags or configuration.
var errUsage = errors.New("usage")

// usageError reads as the error that it marks.
type usageError struct{ error }

func (e usageError) Unwrap() []error { return []error{e.error, errUsage} }

// Usage marks err as the caller's; nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// interruption is the end of a command by Ctrl-C, with what to do to go on.
type interruption struct {
	error
	hint string
}

func (i interruption) Unwrap() error { return i.error }

// Resumable says how to go on if err says that the command was interrupted.
func Resumable(err error, hint string) error {
	if errors.Is(err, context.Canceled) {
		return interruption{err, hint}
	}
	return err
}

// misusedArgs makes a failed check of positional arguments count as bad usage.
func misusedArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error { return misused(c, check(c, a)) }
}

func misused(c *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return Usage(fmt.Errorf("%w%s (see %s --help)", err, meantFlag(c, err), c.CommandPath()))
}

// Main runs the command line with the sub-commands of this package alone and returns the exit code.
func Main() int { return Execute(Root()) }

// Root is the command with this package's sub-commands and others.
func Root(others ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   "powbench",
		Short: "Measure what robust, Byzantine-tolerant storage really costs",
		Long: "powbench runs M-PoWerStore, M-ABD and Phalanx as real processes over an emulated network,\n" +
			"measures them under closed-loop load, checks every history and draws the paper's figures.",
		SilenceErrors: true, SilenceUsage: true, Version: version(),
		Args: misusedArgs(noCommand), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(misused)
	root.SetOut(os.Stdout)
	root.SetHelpCommand(newHelp(root))
	root.SetVersionTemplate("powbench {{.Version}}\n")
	own := []*cobra.Command{newPlot(), newReport(), newCompare(), newExport()}
	for _, c := range own {
		CompleteFiles(c, "")
	}
	for _, c := range append(append(own, newLeague()), others...) {
		c.Args = misusedArgs(c.Args)
		root.AddCommand(c)
	}
	return root
}

// version is what the linker knows of this build: the commit and the toolchain.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of an unknown build"
	}
	of := map[string]string{}
	for _, s := range info.Settings {
		of[s.Key] = s.Value
	}
	text := cmp.Or(of["vcs.revision"], info.Main.Version, "of an unknown commit")
	if of["vcs.modified"] == "true" {
		text += ", with changes"
	}
	return fmt.Sprintf("%s (%s %s/%s)", text, info.GoVersion, of["GOOS"], of["GOARCH"])
}

// Complete has shells complete the flag's values, none of which is a file.
func Complete(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the command has no such flag
	}
}

// CompleteFiles has shells complete arguments with files of that extension, or with folders if it is empty.
func CompleteFiles(c *cobra.Command, extension string) {
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		if extension == "" {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
		return []string{extension}, cobra.ShellCompDirectiveFilterFileExt
	}
}

// Execute runs the command line until it ends or is interrupted, reports an error to the user and returns the exit
// code. The errors of misuse count as the caller's.
func Execute(root *cobra.Command, misuse ...error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root.ExecuteContext(ctx)
	var copied Exit
	var cut interruption
	switch {
	case err == nil:
		return Done
	case errors.As(err, &copied):
		return int(copied)
	case errors.As(err, &cut):
		root.PrintErrln("powbench: interrupted: " + cut.hint)
		return Interrupted
	case errors.Is(err, context.Canceled):
		root.PrintErrln("powbench: interrupted")
		return Interrupted
	}
	root.PrintErrln("powbench:", err)
	if slices.ContainsFunc(append(misuse, errUsage), func(m error) bool { return errors.Is(err, m) }) {
		return Misused
	}
	return Failed
}
