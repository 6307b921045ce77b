package study

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem/guest"
)

// guestMemoryMiB suffices for ten servers and three agents; a guest takes only what it touches from the machine.
const guestMemoryMiB = 4096

// InGuest runs this binary with the arguments in a guest, and returns its exit code. It adds --scratch, a folder below scratch that is
// held here: a guest cannot lock one so that others outside it see the lock.
func InGuest(ctx context.Context, k guest.Kernel, scratch string, stdout, stderr io.Writer, args ...string) (code int, err error) {
	self, err := os.Executable()
	if err != nil {
		return -1, err
	}
	held, err := testbed.HoldScratch(scratch)
	if err != nil {
		return -1, err
	}
	defer func() { err = errors.Join(err, held.Remove()) }()
	machine, err := testbed.OutsideEnv(held.Dir)
	if err != nil {
		return -1, err
	}
	return guest.Run(ctx, k, guest.Command{
		Args: append([]string{self}, append(args, "--scratch", held.Dir)...), Env: append(os.Environ(), machine),
		Stdout: stdout, Stderr: stderr, MemoryMiB: guestMemoryMiB,
	})
}
