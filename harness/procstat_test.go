package harness

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// usage is the CPU time of this process by another way, in seconds.
func usage(t *testing.T) float64 {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// burn uses so many seconds of CPU time.
func burn(t *testing.T, seconds float64) {
	t.Helper()
	for start := usage(t); usage(t) < start+seconds; {
	}
}

// Idle time is what the kernel calls nice, idle and iowait, and stolen time is not ours; guest time is user time already.
func TestReadHostCPU(t *testing.T) {
	var user, nice, system, idle, iowait, irq, softirq, steal float64
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(data), "cpu %f %f %f %f %f %f %f %f",
		&user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		t.Fatal(err)
	}
	got, err := readHostCPU()
	if err != nil {
		t.Fatal(err)
	}
	const tolerance = 20. // CPU seconds that may pass between the two looks
	total := user + nice + system + idle + iowait + irq + softirq + steal
	for name, c := range map[string]struct{ got, want float64 }{
		"total": {got.total, total / clockTick}, "idle": {got.idle, (nice + idle + iowait) / clockTick},
		"steal": {got.steal, steal / clockTick},
	} {
		if !near(c.got, c.want, tolerance) {
			t.Errorf("%s: %v s, want %v", name, c.got, c.want)
		}
	}
}

// The machine's CPU time grows by that of all cores, and what we use is not idle. All of it is within what the shares
// of a window say.
func TestHostCPU(t *testing.T) {
	read := func() reading {
		host, err := readHostCPU()
		if err != nil {
			t.Fatal(err)
		}
		return reading{ns: time.Now().UnixNano(), host: host, clients: usage(t)}
	}
	from := read()
	burn(t, 0.2)
	to := read()
	i := interval{from, to}
	h := i.hostCPU()
	if h.Busy <= 0 || h.Busy > 1 || h.Steal < 0 || h.Foreign < 0 || h.Foreign > h.Busy {
		t.Errorf("shares %+v", h)
	}
	total, whole := to.host.total-from.host.total, i.seconds()*float64(runtime.NumCPU())
	if busy := h.Busy * total; busy < i.cpu().Clients/2 || total > 2*whole+0.2 {
		t.Errorf("busy %.2f s of %.2f s, ours %.2f s, on %d cores %.2f s passed", busy, total, i.cpu().Clients,
			runtime.NumCPU(), whole)
	}
}

func TestDescriptions(t *testing.T) {
	m, err := machine(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if m.Kernel == "" || m.CPU == "" || m.Cores != runtime.NumCPU() || m.MemoryMiB < 16 {
		t.Errorf("machine %+v", m)
	}
	if !strings.HasSuffix(m.DataDisk, " GiB free") {
		t.Errorf("disk %q", m.DataDisk)
	}
	if v := version(); v.Go != runtime.Version() || v.PoWBench == "" {
		t.Errorf("version %+v", v)
	}
}
