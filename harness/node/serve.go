package node

import (
	"context"
	"io"
	"log/slog"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/storage"
)

// What a server's process answers.
const (
	// StartCall starts the node and returns the address that it listens on.
	StartCall control.Method[Config, string] = "start"
	// StatsCall returns the database's metrics.
	StatsCall control.Method[control.Nothing, storage.Metrics] = "stats"
	// ResetCall breaks all connections, as a network that resets them does. The server keeps listening, clients come back.
	ResetCall control.Method[control.Nothing, control.Nothing] = "reset"
	// FillCall fills the disk, as far as the process can tell.
	FillCall control.Method[control.Nothing, control.Nothing] = "fill"
	// DamageCall damages the database in that folder, which no server may have open.
	DamageCall control.Method[string, control.Nothing] = "damage"
)

// Serve is a server's process: it does what its coordinator asks for by in and out, until in ends or ctx does. The
// error is the one that ended the node.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, log *slog.Logger) error {
	var node control.Slot[Node]
	failed := make(chan error, 1)
	start := func(ctx context.Context, cfg Config) (string, error) {
		n, err := node.Start(func() (*Node, error) { return Start(ctx, cfg, log) })
		if err != nil {
			return "", err
		}
		go func() { failed <- <-n.Failed() }()
		return n.Addr().String(), nil
	}
	steered := make(chan struct{})
	go func() {
		defer close(steered)
		control.Serve(ctx, in, out, control.Handle(StartCall, start),
			control.HandleBy(&node, StatsCall, (*Node).Stats), control.HandleBy(&node, ResetCall, (*Node).Reset),
			control.Handle(FillCall, fill), control.Handle(DamageCall, damage))
	}()
	defer func() {
		if n, err := node.Get(); err == nil {
			_ = n.Close()
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-steered:
		return nil
	}
}
