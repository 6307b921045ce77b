package testbed

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/result"
)

// Machine describes this machine; dir is where the databases lie.
func Machine(dir string) (result.Machine, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return result.Machine{}, fmt.Errorf("uname: %w", err)
	}
	var i unix.Sysinfo_t
	if err := unix.Sysinfo(&i); err != nil {
		return result.Machine{}, fmt.Errorf("sysinfo: %w", err)
	}
	return result.Machine{
		Kernel: unix.ByteSliceToString(u.Release[:]), CPU: cpuModel(), Cores: runtime.NumCPU(),
		MemoryMiB: int64(i.Totalram * uint64(i.Unit) >> 20), DataDisk: fileSystem(dir),
	}, nil
}

func cpuModel() string {
	data, _ := os.ReadFile("/proc/cpuinfo") // absent on some architectures; the model is then unknown
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// fileSystems names the magic numbers of statfs(2) that databases are likely to lie on.
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs",
	unix.TMPFS_MAGIC: "tmpfs (memory, not a disk)", unix.OVERLAYFS_SUPER_MAGIC: "overlayfs", unix.NFS_SUPER_MAGIC: "nfs",
	0x00c0ffee: "hostfs (the file system outside the guest)",
}

// fileSystem names the file system that dir lies on, with its size.
func fileSystem(dir string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "unknown"
	}
	name, ok := fileSystems[s.Type]
	if !ok {
		name = fmt.Sprintf("type %#x (known: %v)", s.Type, slices.Sorted(maps.Values(fileSystems)))
	}
	return fmt.Sprintf("%s, %d GiB, %d GiB free", name, s.Blocks*uint64(s.Bsize)>>30, s.Bavail*uint64(s.Bsize)>>30)
}

// outsideVariable tells a run in a guest what machine runs the guest.
const outsideVariable = "POWBENCH_OUTSIDE"

// OutsideEnv returns the variable that tells a run in a guest which machine this is; dir is where the databases lie.
func OutsideEnv(dir string) (string, error) {
	m, err := Machine(dir)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(m)
	return outsideVariable + "=" + string(text), err
}

// Outside returns the machine that OutsideEnv told of; nil if this run is not in a guest.
func Outside() (*result.Machine, error) {
	text := os.Getenv(outsideVariable)
	if text == "" {
		return nil, nil
	}
	m := new(result.Machine)
	if err := json.Unmarshal([]byte(text), m); err != nil {
		return nil, fmt.Errorf("%s: %w", outsideVariable, err)
	}
	return m, nil
}

// CPU is a machine's CPU time by use, in seconds summed over all cores.
type CPU struct{ Total, Idle, Steal float64 }

// ReadCPU reads this machine's CPU time. What runs at a low priority (nice) is as busy as all else: it may be the load
// itself, or work that takes its time.
func ReadCPU() (CPU, error) {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return CPU{}, err
	}
	stat, err := proc.Stat()
	t := stat.CPUTotal
	idle := t.Idle + t.Iowait
	return CPU{Total: idle + t.User + t.Nice + t.System + t.IRQ + t.SoftIRQ + t.Steal, Idle: idle, Steal: t.Steal}, err
}
