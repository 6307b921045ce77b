package control

import (
	"fmt"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Usage asks any process that serves what it has used so far.
const Usage Method[Nothing, Used] = "usage"

// Used is what a process has used since it started.
type Used struct {
	CPUSeconds float64
	PeakRSSMiB float64 // the largest resident set
}

// used asks the kernel about this process. The peak is not getrusage's, which may be that of the parent.
func used() (Used, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return Used{}, fmt.Errorf("getrusage: %w", err)
	}
	self, err := procfs.Self()
	if err != nil {
		return Used{}, err
	}
	status, err := self.NewStatus()
	return Used{CPUSeconds: float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, PeakRSSMiB: float64(status.VmHWM) / (1 << 20)}, err
}
