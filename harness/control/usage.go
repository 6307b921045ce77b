package control

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Usage asks any process that serves what it has used so far.
const Usage Method[Nothing, Used] = "usage"

// Used is what a process has used since it started.
type Used struct {
	CPUSeconds float64
	PeakRSSMiB float64 // the largest resident set
}

// used asks the kernel about this process. The peak is not getrusage's, in which that of the parent lives on.
func used() (Used, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return Used{}, fmt.Errorf("getrusage: %w", err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return Used{}, err
	}
	kib, err := procField(string(status), "VmHWM:")
	return Used{CPUSeconds: float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, PeakRSSMiB: float64(kib) / 1024}, err
}

// procField is the number behind the label at the start of a line.
func procField(text, label string) (int64, error) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, label); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				return strconv.ParseInt(f[0], 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("no %s in /proc", label)
}
