package clock

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// How the kernel shall schedule threads that wake at an instant.
const (
	promptNice  = -10
	promptSlice = 100 * time.Microsecond // the shortest there is
)

// Prompt asks the kernel to run the process's threads soon after they wake, though others keep the processors busy: they
// get a higher priority, if the process may raise it, and short slices of time, with which they are sooner preferred to
// those that have long ones. Threads that start later are like those that start them. Where the kernel refuses, nothing
// changes: who depends on being woken in time has to measure it anyway.
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
