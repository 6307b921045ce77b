package command

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/load"
	"github.com/powbench/powbench/harness/testbed/remote"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/stat"
)

var (
	clustered      = flag.Bool("cluster", false, "compare runs over ssh on namespaces with runs without it, and start one on fifty: minutes, on a quiet machine")
	clusteredTurns = flag.Int("cluster.turns", 3, "runs of each kind, in turn")
)

// ip runs the system's ip, or ends the test.
func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// The networks of namespaces: what is measured, and what carries control.
const (
	measuredNet = "10.98.0."
	controlNet  = "10.99.0."
	rootHost    = 254 // of this machine on the control network
)

// namespaced lays out hosts that are network namespaces, each with an ssh server of its own. Each has a link to a switch, shaped in both
// directions, and another one to this namespace, which carries what steers it: so nothing of that is on the links that are measured.
func namespaced(t *testing.T, servers, clients int, rate string) (h remote.Hosts, sh remote.SSH) {
	t.Helper()
	for _, name := range []string{"ip", "tc", "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("skipped: %s: no %s: install iproute2 and openssh-client", t.Name(), name)
		}
	}
	if os.Geteuid() != 0 || !exists("/usr/sbin/sshd") {
		t.Skipf("skipped: %s: it needs root, and openssh-server", t.Name())
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", copies())
	dir := t.TempDir()
	for _, key := range []string{"host", "client"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	_ = os.MkdirAll("/run/sshd", 0o755)
	hostKey := must(t)(os.ReadFile(filepath.Join(dir, "host.pub")))
	h.Addresses = map[string]string{}
	addSwitches(t)
	var config, known strings.Builder
	for i := range servers + clients {
		name := fmt.Sprintf("pbhost%d", i+1)
		if i < servers {
			h.Servers = append(h.Servers, name)
		} else {
			h.Clients = append(h.Clients, name)
		}
		h.Addresses[name] = fmt.Sprint(measuredNet, i+1)
		control := fmt.Sprint(controlNet, i+1)
		fmt.Fprintf(&config, "Host %s\n  HostName %s\n", name, control)
		fmt.Fprintf(&known, "%s %s", control, hostKey)
		addNamespace(t, name, i+1, rate)
		scratch := filepath.Join(dir, name)
		if err := os.Mkdir(scratch, 0o755); err != nil {
			t.Fatal(err)
		}
		daemon(t, "ip", "netns", "exec", name, "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", filepath.Join(dir, "host"),
			"-o", "ListenAddress="+control+":22", "-o", "PidFile=none", "-o", "UsePAM=no", "-o", "PasswordAuthentication=no", "-o", "StrictModes=no",
			"-o", "MaxStartups=100", "-o", "AuthorizedKeysFile="+filepath.Join(dir, "client.pub"), "-o", "PermitRootLogin=prohibit-password",
			"-o", "SetEnv="+asCommand+"=1 HOME="+dir+" XDG_CACHE_HOME="+copies()+" TMPDIR="+scratch)
	}
	fmt.Fprintf(&config, "Host *\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n  StrictHostKeyChecking yes\n"+
		"  LogLevel ERROR\n", me.Username, filepath.Join(dir, "client"), filepath.Join(dir, "known_hosts"))
	for name, text := range map[string]string{"config": config.String(), "known_hosts": known.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sh = remote.SSH{Options: []string{"-F", filepath.Join(dir, "config")}}
	for _, name := range append(append([]string{}, h.Servers...), h.Clients...) {
		waitUntil(t, "ssh "+name, func() bool { return sh.Command(name, "true").Run() == nil })
	}
	return h, sh
}

// tableSize is the file that says how many entries the kernel's table of neighbours may have, which all namespaces share: hosts that each know all
// others overflow the usual thousand, and then do not reach some.
const tableSize = "/proc/sys/net/ipv4/neigh/default/gc_thresh3"

// addSwitches makes the switches of both networks.
func addSwitches(t *testing.T) {
	t.Helper()
	usual := must(t)(os.ReadFile(tableSize))
	if err := os.WriteFile(tableSize, []byte("16384"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(tableSize, usual, 0o644) })
	ip(t, "netns", "add", "pbswitch")
	t.Cleanup(func() { ip(t, "netns", "del", "pbswitch") })
	ip(t, "-n", "pbswitch", "link", "add", "br0", "type", "bridge")
	ip(t, "-n", "pbswitch", "link", "set", "br0", "up")
	ip(t, "link", "add", "pbcontrol", "type", "bridge")
	t.Cleanup(func() { ip(t, "link", "del", "pbcontrol") })
	ip(t, "addr", "add", fmt.Sprint(controlNet, rootHost, "/24"), "dev", "pbcontrol")
	ip(t, "link", "set", "pbcontrol", "up")
}

// addNamespace makes one host: its link to the switch is shaped at both ends, as in package netem, if it has a rate.
func addNamespace(t *testing.T, name string, number int, rate string) {
	t.Helper()
	port, control := fmt.Sprintf("pbs%d", number), fmt.Sprintf("pbc%d", number)
	ip(t, "netns", "add", name)
	t.Cleanup(func() { ip(t, "netns", "del", name) })
	ip(t, "-n", name, "link", "set", "lo", "up")
	ip(t, "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", port, "netns", "pbswitch")
	ip(t, "-n", "pbswitch", "link", "set", port, "master", "br0", "up")
	ip(t, "-n", name, "addr", "add", fmt.Sprint(measuredNet, number, "/24"), "dev", "eth0")
	ip(t, "-n", name, "link", "set", "eth0", "up")
	ip(t, "link", "add", "eth1", "netns", name, "type", "veth", "peer", "name", control)
	ip(t, "link", "set", control, "master", "pbcontrol", "up")
	ip(t, "-n", name, "addr", "add", fmt.Sprint(controlNet, number, "/24"), "dev", "eth1")
	ip(t, "-n", name, "link", "set", "eth1", "up")
	if rate == "" {
		return
	}
	for _, end := range [][2]string{{name, "eth0"}, {"pbswitch", port}} {
		// as long a queue as in package netem
		out, err := exec.Command("tc", "-n", end[0], "qdisc", "add", "dev", end[1], "root", "tbf", "rate", rate, "burst", "256kb", "limit", "4mb").CombinedOutput()
		if err != nil {
			t.Fatalf("tc: %v: %s", err, out)
		}
	}
}

// comparedConfig is an experiment that links limit. One host carries all servers, as in the paper.
const comparedConfig = `experiment: compared
figure: 2b
protocols: [mpowerstore, mabd, phalanx]
clients: [16]
repetitions: 1
phases: {warmup: 500ms, measure: 2s}
testbed: {client_hosts: 3}
`

// The ratios between protocols are the same over ssh, on hosts with shaped links, as on the testbed of this machine, measured in turn.
func TestRatiosOverSSH(t *testing.T) {
	if !*clustered {
		t.Skip("asked for by -cluster")
	}
	h, sh := namespaced(t, 1, 3, "1gbit")
	t.Setenv(asCommand, "1") // for processes of this machine's testbed
	file := writeConfig(t, comparedConfig)
	ratios := map[string][2][]float64{} // by what is compared: here and over ssh
	for range *clusteredTurns {
		for i, o := range []study.Options{{}, {Machines: &h, Shell: sh}} {
			o.Results, o.Progress = t.TempDir(), os.Stderr
			dir, err := load.Run(t.Context(), machinesRun(t, file, o))
			if err != nil {
				t.Fatal(err)
			}
			for what, ratio := range throughputRatios(t, dir) {
				both := ratios[what]
				both[i] = append(both[i], ratio)
				ratios[what] = both
			}
		}
	}
	for what, both := range ratios {
		here, there := stat.NewEstimate(both[0]), stat.NewEstimate(both[1])
		t.Logf("%s: %v here, %v over ssh", what, here, there)
		if here.Low() > there.High() || there.Low() > here.High() {
			t.Errorf("%s: %v here, %v over ssh", what, here, there)
		}
	}
}

// throughputRatios are those of M-PoWerStore over the others in a set.
func throughputRatios(t *testing.T, dir string) map[string]float64 {
	t.Helper()
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]float64{} // the last attempt counts
	for _, p := range set.Points {
		last[p.Protocol+" "+p.Op] = p.ThroughputMBps
	}
	ratios := map[string]float64{}
	for _, op := range []string{result.OpRead, result.OpWrite} {
		for _, other := range []string{"mabd", "phalanx"} {
			ratios[op+", M-PoWerStore / "+other] = last["mpowerstore "+op] / last[other+" "+op]
		}
	}
	return ratios
}

// A run starts on fifty hosts in a minute.
func TestFiftyHosts(t *testing.T) {
	if !*clustered {
		t.Skip("asked for by -cluster")
	}
	h, sh := namespaced(t, 31, 19, "1gbit")
	file := writeConfig(t, strings.Replace(machinesConfig, "value: [4KiB]", "value: [4KiB]\nt: [10]", 1))
	began, o := time.Now(), study.Options{Results: t.TempDir(), Machines: &h, Shell: sh}
	first := &onFirstLine{want: "[1/2]"}
	o.Progress = first
	if _, err := load.Run(t.Context(), machinesRun(t, file, o)); err != nil {
		t.Fatal(err)
	}
	t.Logf("the first point was measured after %v", first.at.Sub(began))
}

// inNamespaces reaches namespaces of this machine without ssh, which takes a guest half a minute for each command.
type inNamespaces struct{ tmp string }

func (inNamespaces) Name() string { return "ip netns exec" }

func (n inNamespaces) Command(host string, argv ...string) *exec.Cmd {
	c := exec.Command("ip", append([]string{"netns", "exec", host}, argv...)...)
	c.Env = append(os.Environ(), asCommand+"=1", "TMPDIR="+filepath.Join(n.tmp, host))
	return c
}

// delayedConfig is an experiment that delays packets, so far that what else a guest does is little beside it.
const delayedConfig = `experiment: delayed
figure: 2d
protocols: [mabd]
operations: [write]
value: [1KiB]
t: [1]
clients: [1]
repetitions: 1
phases: {warmup: 500ms, measure: 3s, longest: 3s}
testbed: {topology: spread, client_hosts: 1, rate: unlimited, delay: {mean: 60ms, jitter: 4ms}, delay_tolerance: 25%}
`

// TestDelayedMachinesInTheGuest runs TestNetEmMachines in a guest kernel.
func TestDelayedMachinesInTheGuest(t *testing.T) {
	if !*clustered {
		t.Skip("asked for by -cluster")
	}
	kernel, err := guest.Find()
	if err != nil {
		t.Skipf("skipped: %s: %v", t.Name(), err)
	}
	var out, complaints bytes.Buffer
	code, err := guest.Run(t.Context(), kernel, guest.Command{
		Args:    []string{os.Args[0], "-test.v", "-test.run=^TestNetEmMachines$"},
		Modules: []string{"veth", "bridge", "sch_netem", "sch_prio", "cls_u32"}, Stdout: &out, Stderr: &complaints,
	})
	if t.Logf("%s", &out); err != nil || code != 0 || !bytes.Contains(out.Bytes(), []byte("--- PASS")) {
		t.Errorf("exit code %d, %v\n%s", code, err, &complaints)
	}
}

// Machines delay what they send to each other, and nothing of that is left: a WRITE of M-ABD takes two round trips of 120 ms.
func TestNetEmMachines(t *testing.T) {
	if guest.Current() == "" {
		t.Skip("not in this kernel: see TestDelayedMachinesInTheGuest")
	}
	t.Setenv("XDG_CACHE_HOME", copies())
	addSwitches(t)
	h, sh := remote.Hosts{
		Servers: []string{"pbhost1"}, Clients: []string{"pbhost2"}, Addresses: map[string]string{}, Interfaces: map[string]string{},
	}, inNamespaces{t.TempDir()}
	for i, name := range []string{"pbhost1", "pbhost2"} {
		addNamespace(t, name, i+1, "")
		h.Addresses[name], h.Interfaces[name] = fmt.Sprint(measuredNet, i+1), "eth0"
		if err := os.Mkdir(filepath.Join(sh.tmp, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var found bytes.Buffer
	if err := remote.Examine(t.Context(), h, sh, &found); err != nil || strings.Count(found.String(), "can delay what leaves by eth0") != 2 {
		t.Errorf("%v: %s", err, &found)
	}
	o := study.Options{Results: t.TempDir(), Machines: &h, Shell: sh, Progress: os.Stderr}
	dir, err := load.Run(t.Context(), machinesRun(t, writeConfig(t, delayedConfig), o))
	if err != nil {
		t.Fatal(err)
	}
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p := set.Points[len(set.Points)-1]; p.LatencyMs.Mean < 220 || p.LatencyMs.Mean > 400 {
		t.Errorf("a WRITE takes %.1f ms", p.LatencyMs.Mean)
	}
	if trips := set.Manifest.Testbed.TripsBefore; len(trips) != 1 || trips[0].AskedMeanMs < 115 || trips[0].Off != "" {
		t.Errorf("round trips %+v", trips)
	}
	for name := range h.Addresses {
		if out, err := exec.Command("tc", "-n", name, "qdisc", "show", "dev", "eth0").CombinedOutput(); err != nil || bytes.Contains(out, []byte("prio")) {
			t.Errorf("left at %s: %s, %v", name, out, err)
		}
	}
}

// onFirstLine notes when something is first written.
type onFirstLine struct {
	want string
	at   time.Time
}

func (o *onFirstLine) Write(b []byte) (int, error) {
	if o.at.IsZero() && strings.Contains(string(b), o.want) {
		o.at = time.Now()
	}
	return os.Stderr.Write(b)
}
