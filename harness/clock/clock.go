// Package clock is the one clock of a run: CLOCK_MONOTONIC, which all processes of a machine share, in nanoseconds.
package clock

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// Now is the time in nanoseconds since an instant that is the same for all processes of the machine.
func Now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail for this clock
	return ts.Nano()
}

// Sleep waits for that long; if ctx ends first it returns its error.
func Sleep(ctx context.Context, d time.Duration) error { return SleepUntil(ctx, Now()+d.Nanoseconds()) }

// SleepUntil waits for the instant; if ctx ends first it returns its error.
func SleepUntil(ctx context.Context, ns int64) error {
	select {
	case <-time.After(time.Duration(ns - Now())):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
