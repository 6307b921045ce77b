package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/command"
)

// guestMemoryMiB suffices for ten servers and three agents; only what is touched is taken from the machine.
const guestMemoryMiB = 4096

// guestFor is the kernel of the guest that the experiment has to run in, because this machine's own cannot delay
// packets; nil if there is no need.
func guestFor(e *experiment.Experiment) (*guest.Kernel, error) {
	if !e.Testbed.NetEm() {
		return nil, nil
	}
	native := netem.CanDelay()
	if native == nil {
		return nil, nil
	}
	if guest.Current() != "" {
		return nil, fmt.Errorf("the guest's kernel does not delay packets: %w", native)
	}
	k, err := guest.Find()
	if err != nil {
		return nil, fmt.Errorf("%s delays packets, which takes NetEm or a guest kernel that has it:\n  %w\n  %w",
			e.Name, native, err)
	}
	return &k, nil
}

// runInGuest runs the experiment of one file as this command would, but in a guest, and passes on how that ended.
func runInGuest(ctx context.Context, k guest.Kernel, file string, f runFlags) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// A guest cannot lock a folder so that others outside it see the lock.
	held, err := testbed.HoldScratch(f.scratchRoot())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Remove()) }()
	args := []string{self, "run", "--results", f.results, "--scratch", held.Dir, file}
	if f.quick {
		args = append(args, "--quick")
	}
	if f.resume {
		args = append(args, "--resume")
	}
	machine, err := testbed.OutsideEnv(held.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: this kernel has no NetEm: booting User-mode Linux %s\n", filepath.Base(file), k.Release)
	code, err := guest.Run(ctx, k, guest.Command{
		Args: args, Env: append(os.Environ(), machine), Stdout: os.Stdout, Stderr: os.Stderr, MemoryMiB: guestMemoryMiB,
	})
	if err == nil && code != command.Done {
		err = command.Exit(code)
	}
	return err
}
