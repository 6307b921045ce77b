package command

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed/remote"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// neighbours is a Shell whose machines are this one, each with a clock and a temporary folder of its own.
type neighbours struct {
	tmp  string
	skew map[string]string // "NS,NS_PER_SECOND"
	fail map[string]bool   // commands on it fail as ssh's do
}

func (neighbours) Name() string { return "ssh" }

func (n neighbours) Command(host string, argv ...string) *exec.Cmd {
	if n.fail[host] {
		return exec.Command("sh", "-c", "echo 'ssh: Could not resolve hostname x' >&2; exit 255")
	}
	c := exec.Command(argv[0], argv[1:]...)
	c.Env = append(os.Environ(), asCommand+"=1", clock.SkewVariable+"="+n.skew[host], "TMPDIR="+filepath.Join(n.tmp, host))
	return c
}

const machinesConfig = `experiment: machines
figure: 2a
protocols: [mabd, mpowerstore]
value: [4KiB]
clients: [4]
concurrency: 100%
operations: [read]
repetitions: 1
attempts: 1
workload: {background: 2%}
phases: {warmup: 50ms, measure: 300ms}
testbed: {topology: spread}
`

// copies is the folder of the copies that machines make of this binary: one for all tests, as it is large.
var copies = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "powbench-copies-")
	if err != nil {
		panic(err)
	}
	tidy = append(tidy, func() { _ = os.RemoveAll(dir) })
	return dir
})

// hosts are machines that are this one, with folders of their own below tmp.
func hosts(t *testing.T, servers, clients int) (h remote.Hosts, tmp string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", copies())
	h, tmp = remote.Hosts{Addresses: map[string]string{}}, t.TempDir()
	for i := range servers {
		h.Servers = append(h.Servers, fmt.Sprintf("server%d", i+1))
	}
	for i := range clients {
		h.Clients = append(h.Clients, fmt.Sprintf("client%d", i+1))
	}
	for _, name := range append(append([]string{}, h.Servers...), h.Clients...) {
		h.Addresses[name] = "127.0.0.1"
		if err := os.Mkdir(filepath.Join(tmp, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return h, tmp
}

// left is what a run left in the machines' folders.
func left(tmp string) []string {
	all, _ := filepath.Glob(filepath.Join(tmp, "*", "powbench-data-*"))
	return all
}

// A run on machines whose clocks are seconds and hours apart, and run away from each other, comes to the same as on one: its
// history is linearizable, its latencies are positive, its clients wait for each other's instants.
func TestMachinesHaveClocksOfTheirOwn(t *testing.T) {
	h, tmp := hosts(t, 1, 2)
	dir, progress, err := runOver(t, h, neighbours{
		tmp: tmp, skew: map[string]string{"client1": "3600000000000,50000", "client2": "-5000000,-50000", "server1": "77000000,0"},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.Points {
		if p.Linearizable.Code != result.Linearizable || p.Errors > 0 || p.Ops == 0 || p.LatencyMs.Mean <= 0 || p.BoundMBps <= 0 {
			t.Errorf("%s: %v, %d errors, %d operations, %v ms, bound %v", p.Protocol, p.Linearizable, p.Errors, p.Ops, p.LatencyMs.Mean, p.BoundMBps)
		}
	}
	if cores := set.Manifest.Cores(); cores != set.Manifest.Machine.Cores { // these machines are one
		t.Errorf("%d cores", cores)
	}
	machines := set.Manifest.Testbed.Machines
	if len(machines) != 3 || machines[0].ClockErrorUs <= 0 || machines[0].ClockErrorUs > 50e3 || set.Manifest.Testbed.Mode != "ssh" {
		t.Errorf("machines %+v, mode %q", machines, set.Manifest.Testbed.Mode)
	}
	if len(set.Manifest.Testbed.Before) != 3 || set.Manifest.Testbed.Before[0].UpMbps <= 0 {
		t.Errorf("links %+v", set.Manifest.Testbed.Before)
	}
	if l := left(tmp); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
}

// Times of clocks that nobody set make a violation out of nothing; widened by what they may be off by, they do not. A violation that
// is one stays one.
func TestUncertainTimes(t *testing.T) {
	const ms = int64(time.Millisecond)
	entries := func(secondAt, readAt int64) []history.Entry {
		w1, r := history.NewLog(1), history.NewLog(2)
		one := w1.Begin(history.Entry{Seq: 1, Key: "k", Op: "write", Start: 10 * ms, Value: value(1)})
		one.Complete(20*ms, stamp(1))
		two := w1.Begin(history.Entry{Seq: 2, Key: "k", Op: "write", Start: secondAt, Value: value(2)})
		two.Complete(secondAt+10*ms, stamp(2))
		read := r.Begin(history.Entry{Seq: 1, Key: "k", Op: "read", Start: readAt})
		read.Value = value(1)
		read.Complete(readAt+5*ms, stamp(1))
		return history.Merge(w1, r)
	}
	// The READ took place at 25 ms and saw 1; its machine's clock is 17 ms ahead.
	naive := entries(30*ms, 42*ms)
	if got := history.Check(naive).Code; got != result.Violation {
		t.Errorf("naive times: %v", got)
	}
	history.Widen(naive, 17*time.Millisecond)
	if got := history.Check(naive).Code; got != result.Linearizable {
		t.Errorf("widened: %v", got)
	}
	planted := entries(100*ms, 200*ms)
	history.Widen(planted, 17*time.Millisecond)
	if got := history.Check(planted).Code; got != result.Violation {
		t.Errorf("a stale READ, widened: %v", got)
	}
}

// What is wrong with a machine is one error that names it and what to do.
func TestMachinesRefuse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosts.yaml")
	for content, want := range map[string]string{
		"servers: [a]\n":                                      "list the machines under servers and under clients",
		"servers: [a, a]\nclients: [b]\n":                     "a is listed twice",
		"servers: [-oProxyCommand=x]\nclients: [b]\n":         "is no name of a machine",
		"servers: [a]\nclients: [b]\naddresses: {c: 1.2.3.4}": "an address of c, which is neither",
		"servers: [a]\nclients: [b]\ninterfaces: {c: eth1}":   "an interface of c, which is neither",
		"servers: [a]\nclients: [b]\nservres: [c]\n":          "unknown field",
	} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := remote.ReadHosts(file); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
	var out bytes.Buffer
	h, tmp := hosts(t, 1, 1)
	err := remote.Examine(t.Context(), h, neighbours{tmp: tmp, fail: map[string]bool{"client1": true}}, &out)
	if err == nil || !strings.Contains(err.Error(), "is the name right?") || !strings.Contains(out.String(), "server1: 127.0.0.1, ") {
		t.Errorf("error %v, output %q", err, out.String())
	}
	if err := os.WriteFile(file, []byte("servers: [a]\nclients: [b]\ninterfaces: {a: eth1}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wan := filepath.Join("..", "..", "configs", "wan-smoke.yaml")
	if code, _, stderr := run(t, "run", "--hosts", file, wan); code != command.Misused || !strings.Contains(stderr, "name under interfaces, for b") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	if code, _, stderr := run(t, "run", "--hosts", file, "--slurm", smokeConfig); code != command.Misused || !strings.Contains(stderr, "give one of them") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}

func value(n uint64) workloads.ID { return workloads.ID{Client: 1, Seq: n} }

func stamp(n uint64) protocols.Timestamp { return protocols.Timestamp{Num: n, PID: 1} }

// A batch script has the plan's time, the nodes and one command.
func TestSubmitPrints(t *testing.T) {
	code, stdout, stderr := run(t, "submit", "--print", "--resume", "--nodes", "7", "--partition", "fast", "../../configs/fig2b.yaml")
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"#SBATCH --nodes=7\n", "#SBATCH --partition=fast\n", "#SBATCH --exclusive\n", " 'run' '--slurm' '--results' ", " '--resume' ", "fig2b.yaml'\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if code, _, stderr := run(t, "submit", "--print", "--partition", "a\nrm -rf /", "../../configs/fig2b.yaml"); code == command.Done || !strings.Contains(stderr, "more than one line") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}
