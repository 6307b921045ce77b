package harness

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// clockTick is USER_HZ, the unit of CPU times in /proc: 100 per second on every Linux.
const clockTick = 100

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
