package guest

import "golang.org/x/sys/unix"

// prefer lets a guest keep time although others want the processor: the process and those that it will start have one
// processor to themselves, before all that is not real-time, which takes the privilege to say so. A guest is many
// processes that hand the work of one to each other; wherever they wait, or wake on another processor that sleeps, all
// of its timers are late: its packets were delayed by up to a second too long. Without the privilege they just are.
func prefer(pid int) {
	var allowed, last unix.CPUSet
	if unix.SchedGetaffinity(pid, &allowed) != nil {
		return
	}
	for cpu := range len(allowed) * 64 {
		if allowed.IsSet(cpu) {
			last.Zero()
			last.Set(cpu)
		}
	}
	_ = unix.SchedSetaffinity(pid, &last)
	_ = unix.SchedSetAttr(pid, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
}
