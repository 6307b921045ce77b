// Package clock is the one clock of a run, in nanoseconds: CLOCK_MONOTONIC, which all processes of a machine share, and on other
// machines theirs, set to it. It imports nothing of ours; whatever runs on a machine may import it.
package clock

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// OffsetVariable is the environment's variable with the ns that a process adds to its machine's clock. SkewVariable is for tests: it
// makes the machine's clock another one, by ns and by ns per second.
const (
	OffsetVariable = "POWBENCH_CLOCK_OFFSET"
	SkewVariable   = "POWBENCH_CLOCK_SKEW"
)

// offset is what the process adds; skew and drift are what the machine's clock is made to be off by.
var offset, skew, drift = readOffset(), readSkew(0), readSkew(1)

func readOffset() int64 {
	ns, _ := strconv.ParseInt(os.Getenv(OffsetVariable), 10, 64) // none is 0
	return ns
}

// readSkew is a part of "NS,NS_PER_SECOND".
func readSkew(part int) int64 {
	parts := append(strings.Split(os.Getenv(SkewVariable), ","), "", "")
	ns, _ := strconv.ParseInt(parts[part], 10, 64)
	return ns
}

// stepped is what Step has added, ns.
var stepped atomic.Int64

// Now is the time in nanoseconds since an instant that is the same for all processes of the run.
func Now() int64 { return now(kernels()) }

// now is what Now says when the kernel's time is ns.
func now(ns int64) int64 { return raw(ns) + offset + stepped.Load() }

// Step sets this process's clock forward or, by less than 0, back, as an operator does: a fault. What waits for an instant then
// waits until another one.
func Step(by time.Duration) { stepped.Add(int64(by)) }

// Raw is the time of the machine's own clock.
func Raw() int64 { return raw(kernels()) }

// raw is what Raw says when the kernel's time is ns.
func raw(ns int64) int64 {
	if skew|drift == 0 {
		return ns
	}
	return ns + skew + int64(float64(ns)/1e9*float64(drift))
}

// kernels is the kernel's time.
func kernels() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail for this clock
	return ts.Nano()
}

// Staggered is when the i-th of n begins, from 0, if they begin one after the other, evenly, from an instant on and all before
// another one. Without time between these all begin at once.
func Staggered(from, to int64, i, n int) int64 {
	return from + int64(float64(max(0, to-from))*float64(i)/float64(max(1, n)))
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

// An Alarm wakes its one user at an instant, to within some ten microseconds on an idle machine. The runtime's own
// timers, and with them SleepUntil, come up to a millisecond late: they end with a wait for the network whose timeout has
// whole milliseconds. A timer of the kernel ends that wait itself, as if it were a connection.
type Alarm struct{ file *os.File }

// NewAlarm returns an alarm. Close it.
func NewAlarm() (*Alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	return &Alarm{os.NewFile(uintptr(fd), "timer")}, nil
}

// SleepUntil waits for the instant; if ctx ends first it returns its error.
func (a *Alarm) SleepUntil(ctx context.Context, ns int64) error {
	if ns <= Now() {
		return ctx.Err()
	}
	if err := a.set(ns); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = a.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var expirations [8]byte
	if _, err := a.file.Read(expirations[:]); err != nil && ctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// set has the timer expire at the instant, once.
func (a *Alarm) set(ns int64) error {
	conn, err := a.file.SyscallConn()
	if err != nil {
		return err
	}
	// Both clocks are read at the same instant: a thread that has to wait between two readings would set the timer too early by its wait.
	// A timer of 0 would never expire.
	kernel := kernels()
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, kernel+ns-now(kernel)))}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &at, nil) })
	if err != nil {
		return err
	}
	return os.NewSyscallError("timerfd_settime", failed)
}

// Close gives the timer back.
func (a *Alarm) Close() error { return a.file.Close() }

// How the kernel is asked to schedule threads that wake at an instant.
const (
	promptNice  = -10
	promptSlice = 100 * time.Microsecond // the shortest there is
)

// Prompt asks the kernel to run the process's threads soon after they wake, though others keep the processors busy: they
// get a higher priority, if the process may raise it, and short slices of time, with which they are sooner preferred to
// those that have long ones. Threads that start later are like those that start them. Where the kernel refuses, nothing
// changes: a caller that depends on being woken in time has to measure it anyway.
func Prompt() {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if tid, err := strconv.Atoi(t.Name()); err == nil && prompt(tid, promptNice) != nil {
			_ = prompt(tid, 0)
		}
	}
}

func prompt(tid, nice int) error {
	return unix.SchedSetAttr(tid, &unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: int32(nice), Runtime: uint64(promptSlice),
	}, 0)
}
