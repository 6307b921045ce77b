package clock

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

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
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(ns)}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &at, nil) })
	if err != nil {
		return err
	}
	return os.NewSyscallError("timerfd_settime", failed)
}

// Close gives the timer back.
func (a *Alarm) Close() error { return a.file.Close() }
