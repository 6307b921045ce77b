package testbed

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
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
		Governor: sysfs("devices/system/cpu/cpu0/cpufreq/scaling_governor"), Turbo: turbo(),
	}, nil
}

// sysfs is what a file of the kernel says; empty if there is none.
func sysfs(file string) string {
	text, err := os.ReadFile(filepath.Join("/sys", file))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// turbo tells whether processors may exceed their usual frequency, as one of two drivers says; the one counts what is off.
func turbo() string {
	switch {
	case sysfs("devices/system/cpu/intel_pstate/no_turbo") == "0", sysfs("devices/system/cpu/cpufreq/boost") == "1":
		return "on"
	case sysfs("devices/system/cpu/intel_pstate/no_turbo") == "1", sysfs("devices/system/cpu/cpufreq/boost") == "0":
		return "off"
	}
	return ""
}

// NIC describes the interface that has the address: its name, driver and speed, as far as the kernel tells. It is empty if none has it.
func NIC(addr netip.Addr) string {
	all, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, i := range all {
		own, err := i.Addrs()
		if err != nil || !slices.ContainsFunc(own, func(a net.Addr) bool { return has(a, addr) }) {
			continue
		}
		parts := []string{i.Name}
		if driver, err := os.Readlink(filepath.Join("/sys/class/net", i.Name, "device/driver")); err == nil {
			parts = append(parts, filepath.Base(driver))
		}
		if speed, err := strconv.Atoi(sysfs("class/net/" + i.Name + "/speed")); err == nil && speed > 0 {
			parts = append(parts, fmt.Sprintf("%d Mbit/s", speed))
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

// has reports whether the interface's address is this one.
func has(a net.Addr, addr netip.Addr) bool {
	p, err := netip.ParsePrefix(a.String())
	return err == nil && p.Addr() == addr
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
