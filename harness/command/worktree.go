package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/powbench/powbench/plots/command"
)

// A revision is a revision of the git repository around the current folder, built in a worktree of its own.
type revision struct {
	name   string // as it was asked for
	dir    string // of the worktree and the binary
	binary string
}

// newRevision builds a revision. If it cannot, or ctx ends, it leaves nothing behind.
func newRevision(ctx context.Context, name string) (_ *revision, err error) {
	dir, err := os.MkdirTemp("", "powbench-revision-")
	if err != nil {
		return nil, err
	}
	r := &revision{name: name, dir: dir, binary: filepath.Join(dir, "powbench")}
	if _, err := output(ctx, "", "git", "rev-parse", "--verify", "--end-of-options", name+"^{commit}"); err != nil {
		return nil, errors.Join(orEnd(ctx, command.Usage(fmt.Errorf("revision %s: %w", name, err))), os.RemoveAll(dir))
	}
	if _, err := output(ctx, "", "git", "worktree", "add", "--detach", r.tree(), name); err != nil {
		_ = r.remove() // git may have got as far as to know the worktree, or not
		return nil, orEnd(ctx, fmt.Errorf("revision %s: %w", name, err))
	}
	if _, err := output(ctx, r.tree(), "go", "build", "-buildvcs=auto", "-o", r.binary, "./cmd/powbench"); err != nil {
		return nil, errors.Join(orEnd(ctx, fmt.Errorf("revision %s: %w", name, err)), r.remove())
	}
	return r, nil
}

func (r *revision) tree() string { return filepath.Join(r.dir, "tree") }

// remove removes all of the revision, also from git's list of worktrees, and also if git was still at making it, which is what the second
// --force is for.
func (r *revision) remove() error {
	_, err := output(context.Background(), "", "git", "worktree", "remove", "--force", "--force", r.tree())
	return errors.Join(err, os.RemoveAll(r.dir))
}

// orEnd is why ctx ended, if it did: then the other error is a consequence.
func orEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// output runs a program and returns what it prints.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	out, err := program(ctx, dir, name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// patience is how long a program may take to clean up when it is interrupted, before it is killed.
const patience = 30 * time.Second

// program prepares a program in a process group of its own. When ctx ends the group is interrupted, once: a Ctrl-C does not come a
// second time from the terminal, so that a run and git have time to remove what they made.
func program(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.WaitDelay = dir, patience
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGINT) }
	return c
}
