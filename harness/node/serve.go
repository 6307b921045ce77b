package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/storage"
)

// What a server's process answers.
const (
	// StartCall starts the node and returns the address that it listens on.
	StartCall control.Method[Config, string] = "start"
	// StatsCall returns the database's metrics.
	StatsCall control.Method[control.Nothing, storage.Metrics] = "stats"
	// ConnectCall tells the node the addresses of all servers by index.
	ConnectCall control.Method[[]string, control.Nothing] = "connect"
	// BetweenCall returns the bytes that the node has exchanged with other servers, see Node.Between.
	BetweenCall control.Method[control.Nothing, int64] = "between"
	// ResetCall breaks all connections, as a network that resets them does. The server keeps listening, clients come back.
	ResetCall control.Method[control.Nothing, control.Nothing] = "reset"
	// FillCall fills the disk, as far as the process can tell.
	FillCall control.Method[control.Nothing, control.Nothing] = "fill"
	// CommitCall commits to Pebble alone and returns the WRITEs whose batches have been committed, see Node.Commit. Meanwhile
	// CommittedCall returns how many have, and CloseCall says when the window ends.
	CommitCall    control.Method[Committing, Commits]    = "commit"
	CommittedCall control.Method[control.Nothing, int64] = "committed"
	CloseCall     control.Method[int64, control.Nothing] = "close"
	// DamageCall damages the database in that folder, which no server may have open.
	DamageCall control.Method[string, control.Nothing] = "damage"
)

// Serve is a server's process: it does what its coordinator asks for by in and out, until in ends or ctx does. It
// serves metrics at that address, or none if it is empty, unless its configuration names another. The error is the one that
// ended the node; the coordinator has heard of it.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, metrics string, log *slog.Logger) error {
	var node atomic.Pointer[Node]
	failed := make(chan error, 1)
	start := func(ctx context.Context, cfg Config) (string, []control.Handler, error) {
		cfg.Metrics = cmp.Or(cfg.Metrics, metrics)
		n, err := Start(ctx, cfg, log)
		if err != nil {
			return "", nil, err
		}
		node.Store(n)
		go func() { failed <- <-n.Failed() }()
		return n.Addr().String(), []control.Handler{
			control.Handle(StatsCall, n.Stats), control.Handle(control.Counted, n.Counted),
			control.Handle(ConnectCall, n.Connect), control.Handle(BetweenCall, n.Between),
			control.Handle(ResetCall, n.Reset), control.Handle(FillCall, fill),
			control.Handle(CommitCall, n.Commit), control.Handle(CommittedCall, n.Committed),
			control.Handle(CloseCall, n.CloseWindow),
		}, nil
	}
	defer func() {
		if n := node.Load(); n != nil {
			_ = n.Close()
		}
	}()
	return control.ServeUntil(ctx, in, out, failed, control.HandleOnce(StartCall, start), control.Handle(DamageCall, damage))
}

// fileLimit is the size in bytes beyond which a server on a full disk can write no file: less than its log has by then.
const fileLimit = 48 << 10

// fill lets this process write no file beyond fileLimit.
func fill(context.Context, control.Nothing) (none control.Nothing, _ error) {
	limit := unix.Rlimit{Cur: fileLimit, Max: fileLimit}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return none, fmt.Errorf("limit the size of files: %w", err)
	}
	return none, nil
}

// damagedBytes is how many bytes are damaged: more than lie between two checksums' reach.
const damagedBytes = 512

// damage flips bits in the middle of the file below dir that holds most: the log of what was written last.
func damage(_ context.Context, dir string) (none control.Nothing, _ error) {
	var largest string
	var content []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if data = bytes.TrimRight(data, "\x00"); len(data) > len(content) { // room that was set aside holds nothing
			largest, content = path, data
		}
		return err
	})
	if err != nil {
		return none, err
	}
	if len(content) == 0 {
		return none, fmt.Errorf("%s has no file to damage", dir)
	}
	middle := len(content) / 2
	damaged := content[middle:min(middle+damagedBytes, len(content))]
	for i := range damaged {
		damaged[i] ^= 0x55
	}
	f, err := os.OpenFile(largest, os.O_WRONLY, 0)
	if err != nil {
		return none, err
	}
	_, err = f.WriteAt(damaged, int64(middle))
	return none, errors.Join(err, f.Close())
}
