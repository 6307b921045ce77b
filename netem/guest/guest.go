// Package guest runs a command in User-mode Linux, a Linux kernel that is an ordinary program, for machines whose own
// kernel lacks a feature such as NetEm. No privilege is needed outside; inside, the command is root.
//
// The guest's files are the host's, at the same paths and with the host user's rights. Only /proc, /sys, /dev, /dev/shm,
// processes, network and locks are the guest's own: a lock (flock, fcntl) that is taken in a guest excludes nobody
// outside, nor the other way round. Direct I/O and fallocate are not supported. The guest has one CPU. A system call
// costs some 20 µs there and the first touch of a page 50 to 200 µs; plain computing is as fast as outside.
//
// It imports netem/awake and storage/scratch; netem's tests, harness and its packages, and both mains may import it.
package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/powbench/powbench/netem/awake"
	"github.com/powbench/powbench/storage/scratch"
)

// A Command is a program to run in a guest, and how.
type Command struct {
	Args   []string // the program, looked up as a shell would, and its arguments
	Env    []string // nil: this process's
	Dir    string   // working directory; empty: this process's
	Stdout io.Writer
	Stderr io.Writer // not the same as Stdout, because both are written at once; nil: discarded
	// MemoryMiB is the guest's memory; this machine gives only what the guest touches; 0: 2048.
	MemoryMiB int
	// Modules are the kernel modules to load, by name, with what they depend on. nil: those of an emulated network.
	Modules []string
	// Grace is the time that the command may take to end once it was asked to; 0: 5 s.
	Grace time.Duration
}

// Run boots a guest, runs the command in it, with empty standard input, and returns its exit code, 128 + the signal if
// one ended it. What the command leaves running ends with it, and all ends with this process, also by SIGKILL.
//
// When ctx ends, the command gets a SIGTERM and, after the grace, the guest is killed; err is then that of ctx. With
// an error, which is never the command's, the code means nothing. This process's main must begin with Init.
func Run(ctx context.Context, k Kernel, c Command) (code int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("guest: %w", err)
		}
	}()
	if release := Current(); release != "" {
		return -1, fmt.Errorf("this is a guest already (%s)", release)
	}
	if ctx.Err() != nil {
		return -1, context.Cause(ctx)
	}
	runtime.LockOSThread() // whose death would be the kernel's
	defer runtime.UnlockOSThread()
	if root := os.TempDir(); strings.ContainsAny(root, " \t\n\"") {
		return -1, fmt.Errorf("a kernel cannot be told of %q: set TMPDIR to a path without blanks", root)
	}
	folder, err := scratch.New(os.TempDir(), workPrefix)
	if err != nil {
		return -1, err
	}
	defer func() { err = errors.Join(err, folder.Remove()) }()
	work := workDir{folder.Dir}
	if err := prepare(work, k, c); err != nil {
		return -1, err
	}
	m, err := boot(work, k, c)
	if err != nil {
		return -1, err
	}
	day, sleep := context.WithCancel(ctx)
	defer sleep()
	go func() { _ = awake.Keep(day) }() // if it fails, the guest's timers only fire later
	stop := context.AfterFunc(ctx, m.stop)
	m.wait()
	stop()
	return outcome(ctx, work, m.console.reason())
}

// prepare leaves process 1 and its call in the work folder.
func prepare(w workDir, k Kernel, c Command) error {
	if len(c.Args) == 0 {
		return errors.New("no command")
	}
	path, err := exec.LookPath(c.Args[0])
	if err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return err
	}
	if c.Env == nil {
		c.Env = os.Environ()
	}
	if c.Modules == nil {
		c.Modules = defaultModules
	}
	modules, err := modulePaths(k, c.Modules)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return errors.Join(os.Symlink(self, w.init()), save(w.call(), call{path, c.Args, c.Env, c.Dir, modules}))
}

// outcome reads the answer of process 1.
func outcome(ctx context.Context, w workDir, console string) (int, error) {
	var r result
	err := load(w.result(), &r)
	switch {
	case ctx.Err() != nil:
		return -1, context.Cause(ctx)
	case errors.Is(err, fs.ErrNotExist):
		return -1, fmt.Errorf("its kernel ended early:\n%s", console)
	case err != nil:
		return -1, err
	case r.Error != "":
		return -1, errors.New(r.Error)
	}
	return r.Code, nil
}
