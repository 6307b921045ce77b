package command

import (
	"context"
	"io"
	"log/slog"
	"net/rpc"
	"net/rpc/jsonrpc"
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
			log := processLog()
			service := node.NewService(cmd.Context(), log)
			defer func() { _ = service.Close() }()
			select {
			case err := <-service.Failed():
				return err
			case <-serve(service):
				return nil
			case <-cmd.Context().Done():
				return nil
			}
		},
	}
}

// newAgent is a process that holds load-generating clients, steered like a server.
func newAgent() *cobra.Command {
	return &cobra.Command{
		Use: "agent", Short: "A load-generating process, started by run", Hidden: true, Args: command.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			select {
			case <-serve(agent.NewService(ctx, processLog())):
			case <-ctx.Done():
			}
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

// serve answers JSON-RPC on standard input and output; the channel closes when the input ends.
func serve(service any) <-chan struct{} {
	done := make(chan struct{})
	server := rpc.NewServer()
	if err := server.RegisterName("Service", service); err != nil {
		panic(err) // the method set is wrong: a programming error that every start shows
	}
	go func() {
		defer close(done)
		server.ServeCodec(jsonrpc.NewServerCodec(stdio{os.Stdin, os.Stdout}))
	}()
	return done
}

// stdio joins standard input and output into a connection.
type stdio struct {
	io.Reader
	io.WriteCloser
}
