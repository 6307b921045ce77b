package costs

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// An Operation is done again and again while it is timed.
type Operation func() error

// A Sample is one measurement of an operation.
type Sample struct {
	Ops    int           // repetitions of the operation
	CPU    time.Duration // that this process took for them, garbage collection included
	Wall   time.Duration // that passed meanwhile
	Allocs uint64        // objects that they allocated
	Bytes  uint64        // bytes that they allocated
}

// Waited is the share of the time in which other work had the processor.
func (s Sample) Waited() float64 { return max(0, 1-s.CPU.Seconds()/s.Wall.Seconds()) }

// Measure does the operation as often as takes at least that much CPU time, which other work on this machine does
// not count into, although it affects caches and clock rates. It uses one processor, for collecting garbage too.
// Shorter attempts, which find out how often that is, warm up caches and pools before.
func Measure(op Operation, atLeast time.Duration) (Sample, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for ops := 1; ; {
		s, err := measure(op, ops)
		if err != nil || s.CPU >= atLeast {
			return s, err
		}
		ops = more(ops, s.CPU, atLeast)
	}
}

// more is how many operations to do next when so many took too little time: a fifth more than it seems to take, at
// least one more, and at most a hundred times as many, because the first ones are slow and the clock is coarse.
func more(ops int, took, want time.Duration) int {
	next := float64(ops) * 1.2 * want.Seconds() / max(took, time.Nanosecond).Seconds()
	return int(min(max(next, float64(ops+1)), 100*float64(ops)))
}

// measure does the operation so many times. Reading the counters stops the world, hence it is outside the clock.
func measure(op Operation, ops int) (Sample, error) {
	var before, after runtime.MemStats
	runtime.GC() // what earlier measurements left behind
	runtime.ReadMemStats(&before)
	cpu, err := cpuTime()
	if err != nil {
		return Sample{}, err
	}
	start := time.Now()
	for range ops {
		if err := op(); err != nil {
			return Sample{}, err
		}
	}
	wall := time.Since(start)
	end, err := cpuTime()
	runtime.ReadMemStats(&after)
	return Sample{
		Ops: ops, Wall: wall, CPU: end - cpu,
		Allocs: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc,
	}, err
}

// cpuTime is the CPU time that this process has used so far.
func cpuTime() (time.Duration, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
