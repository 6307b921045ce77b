package command

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// slurmConfig is a cluster whose nodes are all this machine. Its folder, the host and the ports are filled in.
const slurmConfig = `ClusterName=powbench
SlurmctldHost=%[2]s(127.0.0.1)
SlurmctldPort=%[3]d
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[1]s/munge.socket
CredType=cred/munge
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool-%%n
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd-%%n.pid
SlurmctldLogFile=%[1]s/slurmctld.log
SlurmdLogFile=%[1]s/slurmd-%%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_interval=2
KillWait=2
TaskProlog=%[1]s/prolog
MailProg=/bin/true
`

// slurmProlog gives each node a temporary folder of its own, as machines have.
const slurmProlog = `#!/bin/sh
mkdir -p %[1]s/tmp/$SLURMD_NODENAME
echo export TMPDIR=%[1]s/tmp/$SLURMD_NODENAME
`

// startSlurm starts a cluster of so many nodes for the time of the test, and returns the folder of their temporary folders. It skips
// the test where Slurm is not to be had.
func startSlurm(t *testing.T, nodes int) (tmp string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("skipped: %s: Slurm's daemons want to be root", t.Name())
	}
	for _, name := range []string{"munged", "slurmctld", "slurmd", "srun", "sbatch", "scontrol", "squeue", "sinfo"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("skipped: %s: no %s: install slurm-wlm and munge", t.Name(), name)
		}
	}
	dir, err := os.MkdirTemp("", "powbench-slurm-") // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(slurmConfig, dir, host, freePort(t))
	var names []string
	for i := range nodes {
		names = append(names, fmt.Sprintf("node%d", i+1))
		config += fmt.Sprintf("NodeName=%s NodeHostname=%s NodeAddr=127.0.0.1 Port=%d CPUs=2 State=UNKNOWN\n", names[i], host, freePort(t))
	}
	config += "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
	key := make([]byte, 1024)
	_, _ = rand.Read(key)
	for name, content := range map[string][]byte{
		"slurm.conf": []byte(config), "cgroup.conf": []byte("CgroupPlugin=cgroup/v1\n"), "munge.key": key,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o400); err != nil {
			t.Fatal(err)
		}
	}
	prolog := fmt.Sprintf(slurmProlog, dir)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "state"), 0o700), os.WriteFile(filepath.Join(dir, "prolog"), []byte(prolog), 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLURM_CONF", filepath.Join(dir, "slurm.conf"))
	t.Cleanup(func() { endSlurm(t, dir) })
	daemon(t, "munged", "--foreground", "--force", "--key-file="+dir+"/munge.key", "--socket="+dir+"/munge.socket",
		"--pid-file="+dir+"/munge.pid", "--log-file="+dir+"/munge.log", "--seed-file="+dir+"/munge.seed")
	daemon(t, "slurmctld", "-D", "-f", dir+"/slurm.conf")
	for _, name := range names {
		daemon(t, "slurmd", "-D", "-N", name, "-f", dir+"/slurm.conf")
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		out, err := exec.Command("sinfo", "--noheader", "--Node", "--format=%t").CombinedOutput()
		if err == nil && strings.Count(string(out), "idle") == nodes {
			return filepath.Join(dir, "tmp")
		}
		if time.Now().After(deadline) {
			t.Fatalf("nodes do not become idle: %v: %s", err, out)
		}
	}
}

// endSlurm tells what the daemons logged, if the test failed, and removes their folder.
func endSlurm(t *testing.T, dir string) {
	logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, file := range logs {
		if text, err := os.ReadFile(file); err == nil && t.Failed() {
			t.Logf("%s: %s", filepath.Base(file), text[max(0, len(text)-4000):])
		}
	}
	_ = os.RemoveAll(dir)
}

// daemon runs a daemon until the test ends.
func daemon(t *testing.T, name string, args ...string) {
	t.Helper()
	c := exec.Command(name, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // to a thread that lives as long: its end is the parent's, to the kernel
		err := c.Start()
		started <- err
		if err == nil {
			_ = c.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
		<-ended
		kill.Stop()
		if t.Failed() {
			t.Logf("%s says: %s", name, said.String())
		}
	})
}

// freePort is one that nobody listened on just now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// A job that submit hands to Slurm runs on the nodes of its allocation, whole: powbench is copied, servers and load generators start
// as steps, results are where they belong, nothing is left.
func TestRunBySlurm(t *testing.T) {
	tmp := startSlurm(t, 3)
	t.Setenv("XDG_CACHE_HOME", copies())
	t.Setenv(asCommand, "1") // sbatch and srun pass it on
	config, results := filepath.Join(t.TempDir(), "machines.yaml"), filepath.Join(t.TempDir(), "results")
	if err := os.WriteFile(config, []byte(machinesConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, "submit", "--nodes", "3", "--results", results, config)
	if code != command.Done || !strings.Contains(stdout, "Submitted batch job") {
		t.Fatalf("exit code %d, %q, %s", code, stdout, stderr)
	}
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
		out, err := exec.Command("squeue", "--noheader").CombinedOutput()
		if err == nil && len(bytes.TrimSpace(out)) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the job does not end: %v: %s", err, out)
		}
	}
	said := ""
	if logs, _ := filepath.Glob(filepath.Join(results, "slurm-*.log")); len(logs) == 1 {
		said = string(must(t)(os.ReadFile(logs[0])))
	}
	set, err := result.Read(filepath.Join(results, "machines", result.LatestLink))
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if n := firstAttempts(set); n != 2 {
		t.Errorf("points of %d runs, want 2\n%s", n, said)
	}
	for _, p := range set.Points {
		if p.Linearizable.Code != result.Linearizable || p.Errors > 0 || p.Ops == 0 {
			t.Errorf("%s: %v, %d errors, %d operations", p.Protocol, p.Linearizable, p.Errors, p.Ops)
		}
	}
	if mode, hosts := set.Manifest.Testbed.Mode, set.Manifest.Testbed.Hosts; mode != "srun" || len(hosts) != 3 {
		t.Errorf("mode %q on %v", mode, hosts)
	}
	if l := left(tmp); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
}
