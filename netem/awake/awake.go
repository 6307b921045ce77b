// Package awake keeps the machine's processors from going to sleep. It imports nothing of ours; netem/guest and the
// command may import it.
package awake

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// idlest is the nice value of the lowest priority. The kernel accounts its CPU time apart from all other.
const idlest = 19

// Keep keeps every core of the machine busy until ctx ends, with work that yields to any other at once (SCHED_IDLE). In a
// virtual machine, the hypervisor must wake a sleeping core, and is slow when other machines are busy: the messages of a
// run would wait for wake-ups that no real cluster needs.
func Keep(ctx context.Context) error {
	failed := make(chan error, runtime.NumCPU())
	for range runtime.NumCPU() {
		go func() {
			runtime.LockOSThread() // never unlocked: the thread's priority must not serve anything else
			err := becomeIdlest()
			for err == nil && ctx.Err() == nil {
			}
			failed <- err
		}()
	}
	for range runtime.NumCPU() {
		if err := <-failed; err != nil {
			return fmt.Errorf("keep the cores awake: %w", err)
		}
	}
	return nil
}

// becomeIdlest gives the calling thread the lowest priority there is.
func becomeIdlest() error {
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, idlest); err != nil {
		return err
	}
	return unix.SchedSetAttr(0, &unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE, Nice: idlest,
	}, 0)
}
