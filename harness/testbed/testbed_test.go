package testbed

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
)

// testRole as its first argument makes this test binary a process that answers in capitals.
const testRole = "test-process"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == testRole {
		line := make([]byte, 100)
		n, _ := os.Stdin.Read(line)
		fmt.Print(strings.ToUpper(string(line[:n])))
		fmt.Fprint(os.Stderr, "logged")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

// A process is steered by its standard input and output, logs, and can be killed.
func TestProcess(t *testing.T) {
	for _, kill := range []bool{false, true} {
		log := new(bytes.Buffer)
		p, err := NewLoopback().Start(testRole, log)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(p, "hello")
		answer := make([]byte, 5)
		if _, err := io.ReadFull(p, answer); err != nil || string(answer) != "HELLO" {
			t.Errorf("answer %q, %v", answer, err)
		}
		if kill {
			if err := p.Kill(); err != nil {
				t.Error(err)
			}
			if err := p.Kill(); err != nil {
				t.Errorf("kill again: %v", err)
			}
		} else if err := p.Close(); err != nil {
			t.Error(err)
		}
		<-p.Done()
		if err := p.Wait(); (err != nil) != kill || !kill && log.String() != "logged" {
			t.Errorf("ended with %v, logged %q", err, log)
		}
	}
}

// A testbed has the hosts that were asked for, each with folders of its own, and says what it is. Nothing is left of it.
func TestOpen(t *testing.T) {
	spec := Spec{Servers: 2, Clients: 3, Topology: result.Spread, Offload: true, Scratch: t.TempDir()}
	tb, err := Open(t.Context(), spec, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	servers, clients := tb.Hosts()
	var names []string
	dirs := map[string]bool{}
	for _, h := range slices.Concat(servers, clients) {
		names = append(names, h.Name())
		dir, remove, err := h.Folder("run")
		if err != nil {
			t.Fatal(err)
		}
		dirs[dir] = true
		if h == servers[0] {
			if err := remove(); err != nil || exists(dir) {
				t.Errorf("%s is left: %v", dir, err)
			}
		}
	}
	want := []string{"server-1", "server-2", "client-1", "client-2", "client-3"}
	d := tb.Describe()
	if len(servers) != 2 || !slices.Equal(names, want) || len(dirs) != len(want) || !slices.Equal(d.Hosts, want) {
		t.Errorf("%d servers, hosts %v with %d folders, described as %v", len(servers), names, len(dirs), d.Hosts)
	}
	_, shaper := tb.(Shaper)
	if d.Topology != result.Spread || d.Shaped || !d.Offload || shaper != (d.Mode != string(netem.ModeLoopback)) || shaper == (d.Why != "") {
		t.Errorf("%+v, a shaper: %v", d, shaper)
	}
	if err := tb.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(spec.Scratch, "*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Delays are told by the number of a host among its kind; two more hosts carry probes.
func TestTopologyWithDelays(t *testing.T) {
	spec := Spec{Servers: 2, Clients: 2, Delays: &Delays{Between: func(from, to int) Delay {
		return Delay{Mean: time.Duration(10*from + to)}
	}}}
	topology := spec.topology()
	if want := []string{"server-1", "server-2", "client-1", "client-2", "probe-1", "probe-2"}; !slices.Equal(topology.Hosts, want) {
		t.Errorf("hosts %v", topology.Hosts)
	}
	for pair, want := range map[[2]string]time.Duration{
		{"server-1", "client-2"}: 1, {"client-2", "server-1"}: 10, {"server-2", "client-2"}: 11, {"probe-1", "probe-2"}: 1,
	} {
		if got := topology.Delay(pair[0], pair[1]).Mean; got != want {
			t.Errorf("%v: %d, want %d", pair, got, want)
		}
	}
}

// A probe on a busy machine may be further off than a quiet one, in proportion.
func TestLoadedTolerance(t *testing.T) {
	if got, want := loaded(netem.QuietDelays), netem.LoadedDelays; got.Mean != want.Mean || math.Abs(got.KS-want.KS) > 1e-9 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := loaded(netem.DelayTolerance{Mean: 0.06, KS: 0.9}); got.Mean != 0.1 || got.KS != 1 {
		t.Errorf("%+v", got)
	}
}

// A link is right if both directions carry what its rate promises, within the tolerance.
func TestLinkOff(t *testing.T) {
	const want = 941.5 // Mbit/s of payload at 1 Gbit/s
	for _, c := range []struct {
		up, down float64 // of want
		off      bool
	}{
		{1, 1, false}, {0.981, 1.019, false}, {0.979, 1, true}, {1, 0.979, true}, {1.021, 1, true}, {1, 1.021, true},
	} {
		links := []result.Link{
			{Host: "server-1", UpMbps: want, DownMbps: want},
			{Host: "client-1", UpMbps: c.up * want, DownMbps: c.down * want},
		}
		off := linkOff(links, 1e9, 0.02)
		if (off != "") != c.off || c.off && !strings.Contains(off, "client-1") {
			t.Errorf("%v of it up, %v down: %q", c.up, c.down, off)
		}
		if off := linkOff(links, 0, 0.02); off != "" {
			t.Errorf("unshaped: %q", off)
		}
	}
}

// Idle time is what the kernel calls idle and iowait: what is nice is busy. Stolen time is not ours; guest time is user
// time already.
func TestReadCPU(t *testing.T) {
	var user, nice, system, idle, iowait, irq, softirq, steal float64
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(data), "cpu %f %f %f %f %f %f %f %f",
		&user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		t.Fatal(err)
	}
	got, err := ReadCPU()
	if err != nil {
		t.Fatal(err)
	}
	const tolerance = 20. // CPU seconds that may pass between the two looks
	total := user + nice + system + idle + iowait + irq + softirq + steal
	for name, c := range map[string]struct{ got, want float64 }{
		"total": {got.Total, total / 100}, "idle": {got.Idle, (idle + iowait) / 100},
		"steal": {got.Steal, steal / 100},
	} {
		if math.Abs(c.got-c.want) > tolerance {
			t.Errorf("%s: %v s, want %v", name, c.got, c.want)
		}
	}
}

// What the process that keeps the cores awake has used is idle time. This test's process stands for it.
func TestAwakeIsIdle(t *testing.T) {
	var used unix.Rusage // not the clock: another process may have the processor meanwhile
	for used.Utime.Nano()+used.Stime.Nano() < 100e6 {
		if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
			t.Fatal(err)
		}
	}
	without, err := (&loopback{}).cpu()
	if err != nil {
		t.Fatal(err)
	}
	l := &loopback{awake: process{Process: &netem.Process{Pid: os.Getpid()}}}
	with, err := l.cpu()
	if used := with.Idle - without.Idle; err != nil || used < 0.05 || with.Total < without.Total {
		t.Errorf("%v s of idle time more, error %v, want those of this process", used, err)
	}
}

// The machine's CPU time grows by that of all cores, and what we use is not idle.
func TestCPUGrows(t *testing.T) {
	from, err := ReadCPU()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for time.Since(start) < 200*time.Millisecond {
	}
	to, err := ReadCPU()
	if err != nil {
		t.Fatal(err)
	}
	total, busy := to.Total-from.Total, to.Total-to.Idle-(from.Total-from.Idle)
	const rounding = 1e-6 // s: sums of floating-point numbers, where no core was idle
	if whole := time.Since(start).Seconds() * float64(runtime.NumCPU()); busy < 0.05 || busy > total+rounding || total > 2*whole+0.2 {
		t.Errorf("busy %.2f s of %.2f s, on %d cores %.2f s passed", busy, total, runtime.NumCPU(), whole)
	}
}

func TestMachine(t *testing.T) {
	m, err := Machine(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if m.Kernel == "" || m.CPU == "" || m.Cores != runtime.NumCPU() || m.MemoryMiB < 16 {
		t.Errorf("machine %+v", m)
	}
	if !strings.HasSuffix(m.DataDisk, " GiB free") {
		t.Errorf("disk %q", m.DataDisk)
	}
}

// A guest learns from its environment what machine runs it.
func TestOutside(t *testing.T) {
	env, err := OutsideEnv(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	name, value, _ := strings.Cut(env, "=")
	t.Setenv(name, value)
	if m, err := Outside(); err != nil || m.Cores != runtime.NumCPU() {
		t.Errorf("outside %+v, %v", m, err)
	}
	t.Setenv(name, "")
	if m, err := Outside(); err != nil || m != nil {
		t.Errorf("no outside: %+v, %v", m, err)
	}
}

// The interface of an address is named; where none has it, nothing is said.
func TestNIC(t *testing.T) {
	if got := NIC(netip.MustParseAddr("127.0.0.1")); !strings.HasPrefix(got, "lo") {
		t.Errorf("the loopback's: %q", got)
	}
	if got := NIC(netip.MustParseAddr("192.0.2.1")); got != "" {
		t.Errorf("nobody's: %q", got)
	}
}
