package clock

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func newAlarm(t *testing.T) *Alarm {
	t.Helper()
	a, err := NewAlarm()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// An alarm never goes off early, one after the other, and at once for instants that have passed.
func TestAlarm(t *testing.T) {
	a := newAlarm(t)
	var late []int64
	for i := range int64(40) {
		at := Now() + i*50_000
		if err := a.SleepUntil(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		now := Now()
		if now < at {
			t.Fatalf("went off %d ns early", at-now)
		}
		late = append(late, now-at)
	}
	slices.Sort(late)
	t.Logf("late: median %v, worst %v", time.Duration(late[20]), time.Duration(late[39]))
	if err := a.SleepUntil(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

// The end of the context ends the sleep.
func TestAlarmIsStopped(t *testing.T) {
	a := newAlarm(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	for range 2 { // in the sleep, and before it
		if err := a.SleepUntil(ctx, Now()+int64(time.Hour)); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
}

// A closed alarm is an error, not a sleep.
func TestAlarmClosed(t *testing.T) {
	a := newAlarm(t)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.SleepUntil(t.Context(), Now()+int64(time.Hour)); err == nil {
		t.Error("a closed alarm slept")
	}
}

// All threads have the short slice that was asked for, and as root the priority.
func TestPrompt(t *testing.T) {
	runtime.LockOSThread() // the thread is spoilt for others and ends with the test
	Prompt()
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if attr.Nice != promptNice && unix.Geteuid() == 0 {
		t.Errorf("the priority is %d, want %d", attr.Nice, promptNice)
	}
	if attr.Runtime != 0 && attr.Runtime != uint64(promptSlice) { // 0: a kernel that has no slices of one's own
		t.Errorf("the slice is %d ns, want %v", attr.Runtime, promptSlice)
	}
}

// A step moves the clock by as much, and a second one back.
func TestStep(t *testing.T) {
	const by = time.Hour
	before := Now()
	Step(by)
	forward := Now()
	Step(-by)
	if after := Now(); forward-before < int64(by) || after < before || after > forward {
		t.Errorf("%d before, %d an hour later, %d after", before, forward, after)
	}
}

// Those that begin one after the other begin evenly and before the end; without time for that, all at once.
func TestStaggered(t *testing.T) {
	for _, c := range []struct {
		from, to int64
		n        int
		want     []int64
	}{
		{100, 140, 4, []int64{100, 110, 120, 130}},
		{100, 110, 3, []int64{100, 103, 106}},
		{100, 140, 1, []int64{100}},
		{100, 100, 2, []int64{100, 100}},
		{100, 0, 2, []int64{100, 100}},
	} {
		for i, want := range c.want {
			if got := Staggered(c.from, c.to, i, c.n); got != want {
				t.Errorf("%d of %d from %d to %d: %d, want %d", i, c.n, c.from, c.to, got, want)
			}
		}
	}
}
