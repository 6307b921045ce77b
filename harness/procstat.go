package harness

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// clockTick is USER_HZ, the unit of CPU times in /proc: 100 per second on every Linux.
const clockTick = 100

// processCPU is the CPU time, in seconds, that a process has used so far (proc(5), /proc/pid/stat, utime and stime).
func processCPU(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the command in parentheses and may hold spaces; utime is the 14th field, stime the 15th.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	const utime, stime = 14 - 3, 15 - 3
	if len(fields) <= stime {
		return 0, fmt.Errorf("/proc/%d/stat has too few fields", pid)
	}
	user, errUser := strconv.ParseInt(fields[utime], 10, 64)
	system, errSystem := strconv.ParseInt(fields[stime], 10, 64)
	if errUser != nil || errSystem != nil {
		return 0, fmt.Errorf("/proc/%d/stat: CPU times are not numbers", pid)
	}
	return float64(user+system) / clockTick, nil
}

// processPeakRSS is the largest resident set that a process has had, in MiB (VmHWM).
func processPeakRSS(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	kib, err := procField(data, "VmHWM:")
	return float64(kib) / 1024, err
}

// procField is the number behind the label at the start of a line.
func procField(data []byte, label string) (int64, error) {
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, label); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				return strconv.ParseInt(f[0], 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("no %s in /proc", label)
}

// hostCPU is the machine's CPU time by use, in seconds summed over all cores.
type hostCPU struct{ total, idle, steal float64 }

// readHostCPU reads the first line of /proc/stat: user nice system idle iowait irq softirq steal …
func readHostCPU() (hostCPU, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return hostCPU{}, err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	const nice, idle, iowait, steal = 1, 3, 4, 7
	if len(fields) < steal+2 || fields[0] != "cpu" {
		return hostCPU{}, fmt.Errorf("/proc/stat: unexpected first line %q", line)
	}
	var h hostCPU
	for i, f := range fields[1 : steal+2] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return hostCPU{}, fmt.Errorf("/proc/stat: %w", err)
		}
		v /= clockTick
		h.total += v
		switch i {
		case nice, idle, iowait: // nobody waits for what runs at a low priority, such as awake.Keep
			h.idle += v
		case steal:
			h.steal += v
		}
	}
	return h, nil
}
