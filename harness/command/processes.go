package command

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/netem/awake"
	"github.com/powbench/powbench/plots/command"
)

// newServer is the process of one server. Whoever starts it steers it over its standard input and output; it ends
// when its input does.
func newServer() *cobra.Command {
	return &cobra.Command{
		Use: "server", Short: "A server process, started by run and up", Hidden: true, Args: command.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return node.Serve(cmd.Context(), os.Stdin, os.Stdout, processLog())
		},
	}
}

// newAgent is a process that holds load-generating clients, steered like a server.
func newAgent() *cobra.Command {
	return &cobra.Command{
		Use: "agent", Short: "A load-generating process, started by run", Hidden: true, Args: command.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			agent.Serve(cmd.Context(), os.Stdin, os.Stdout, processLog())
			return nil
		},
	}
}

// newAwake is a process that keeps the cores from going to sleep.
func newAwake() *cobra.Command {
	return &cobra.Command{
		Use: "awake", Short: "A process that keeps the cores awake, started by run", Hidden: true, Args: command.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return awake.Keep(cmd.Context()) },
	}
}

func processLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
