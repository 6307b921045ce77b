package command

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/load"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/harness/testbed/remote"
)

// longConfig is the machines' experiment with windows that are long enough for something to happen in one.
var longConfig = strings.Replace(machinesConfig, "measure: 300ms", "measure: 1s", 1)

func writeConfig(t *testing.T, content string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "machines.yaml")
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// on lists the processes on a machine of that folder: all of them or those of a role.
func on(folder, role string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		env, _ := os.ReadFile(filepath.Join(dir, "environ"))
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if !bytes.Contains(env, []byte("TMPDIR="+folder)) || !bytes.Contains(line, []byte(role)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// waitUntil waits until something holds, or ends the test.
func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// during does something once, while the second run of an experiment is under way on a machine with clients.
type during struct {
	bytes.Buffer
	folder string // of the machine
	do     func()
	done   chan struct{}
}

func (d *during) Write(b []byte) (int, error) {
	if d.do != nil && bytes.Contains(b, []byte("[1/2]")) {
		do := d.do
		d.do = nil
		go func() {
			defer close(d.done)
			for deadline := time.Now().Add(20 * time.Second); len(on(d.folder, "agent")) == 0 && time.Now().Before(deadline); {
				time.Sleep(5 * time.Millisecond)
			}
			time.Sleep(200 * time.Millisecond)
			do()
		}()
	}
	return d.Buffer.Write(b)
}

// assertLost runs the experiment and has a machine be lost during its second run: that ends it with one error, which names the machine;
// the first point is kept.
func assertLost(t *testing.T, h remote.Hosts, tmp string, sh remote.Shell, lost string, lose func()) (dir, file string, o study.Options) {
	t.Helper()
	file = writeConfig(t, longConfig)
	progress := &during{folder: filepath.Join(tmp, h.Clients[0]), do: lose, done: make(chan struct{})}
	o = study.Options{Results: t.TempDir(), Progress: progress, Machines: &h, Shell: sh}
	dir, err := load.Run(t.Context(), machinesRun(t, file, o))
	if err == nil {
		t.Fatalf("it went on without %s: %s", lost, progress.String())
	} else if progress.do != nil {
		t.Fatalf("it ended before %s was lost: %v: %s", lost, err, progress.String())
	}
	<-progress.done
	t.Logf("it says: %v", err)
	for _, want := range []string{lost, "continue with --resume"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %q", want, err)
		}
	}
	if n := strings.Count(err.Error(), "ended unexpectedly") + strings.Count(err.Error(), "lost "); n != 1 || strings.Contains(err.Error(), "\n") {
		t.Errorf("the loss is told %d times: %q", n, err)
	}
	waitUntil(t, "all processes end", func() bool { return len(on(tmp, "")) == 0 })
	for _, l := range left(tmp) {
		if filepath.Base(filepath.Dir(l)) != lost { // a machine that is killed keeps what it had
			t.Errorf("left behind: %s", l)
		}
	}
	set, err := result.Read(dir)
	if err != nil || firstAttempts(set) != 1 {
		t.Fatalf("points %v, %v", set.Points, err)
	}
	return dir, file, o
}

// A machine whose power is cut: once it is back, the run goes on, and removes what was left there.
func TestMachineIsKilled(t *testing.T) {
	h, tmp := hosts(t, 1, 1)
	dir, file, o := assertLost(t, h, tmp, neighbours{tmp: tmp}, "server1", func() {
		for _, pid := range on(filepath.Join(tmp, "server1"), "") {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	o.Resume = true
	again, err := load.Run(t.Context(), machinesRun(t, file, o))
	if err != nil || again != dir {
		t.Fatalf("resumed as %s: %v", again, err)
	}
	if set, err := result.Read(dir); err != nil || firstAttempts(set) != 2 {
		t.Errorf("points of %d runs after the resume: %v", firstAttempts(set), err)
	}
	if l := left(tmp); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
}

// A machine whose steward alone is lost, to which no process of a cluster pays attention.
func TestStewardIsLost(t *testing.T) {
	h, tmp := hosts(t, 1, 1)
	assertLost(t, h, tmp, neighbours{tmp: tmp}, "client1", func() {
		for _, pid := range on(filepath.Join(tmp, "client1"), "steward") {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// A coordinator that is killed leaves no process, here or there, and no database: its channels close. The next start is free to begin.
func TestCoordinatorIsKilled(t *testing.T) {
	h, tmp := hosts(t, 2, 1)
	s := startSSH(t, h, tmp)
	bin := t.TempDir()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skipf("skipped: %s: no ssh: install openssh-client", t.Name())
	}
	script := fmt.Sprintf("#!/bin/sh\nexec %s -F %s \"$@\"\n", ssh, s.config)
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	list := "servers: [server1, server2]\nclients: [client1]\naddresses: {server1: 127.0.0.1, server2: 127.0.0.1, client1: 127.0.0.1}\n"
	hostsFile := filepath.Join(bin, "hosts.yaml")
	if err := os.WriteFile(hostsFile, []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	results := t.TempDir()
	cmd := powbench(t, "run", "--results", results, "--hosts", hostsFile, writeConfig(t, longConfig))
	cmd.Env = append(cmd.Env, "PATH="+bin+":"+os.Getenv("PATH"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	agents := func() bool { return len(on(filepath.Join(tmp, "client1"), "agent")) > 0 }
	waitUntil(t, "a load generator starts", agents)
	time.Sleep(200 * time.Millisecond)
	if len(left(tmp)) != 3 {
		t.Errorf("folders %v: of three machines each has one", left(tmp))
	}
	if err := cmd.Process.Kill(); err != nil { // it alone: not the group
		t.Fatal(err)
	}
	_ = cmd.Wait()
	waitUntil(t, "all processes on machines end", func() bool { return len(on(tmp, "")) == 0 })
	waitUntil(t, "all ssh here end", func() bool { return len(withArgument(s.config)) == 0 })
	if l := left(tmp); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
	var out bytes.Buffer
	if err := remote.Examine(t.Context(), h, s.shell, &out); err != nil {
		t.Errorf("the next start: %v", err)
	}
}

// withArgument lists the processes that have the text among their arguments.
func withArgument(text string) (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range all {
		if line, _ := os.ReadFile(f); bytes.Contains(line, []byte(text)) {
			pids = append(pids, f)
		}
	}
	return pids
}

// Machines that another run uses are refused, and that run goes on.
func TestMachinesInUse(t *testing.T) {
	h, tmp := hosts(t, 1, 1)
	first, err := remote.Open(t.Context(), testbed.Spec{}, h, neighbours{tmp: tmp}, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = runOver(t, h, neighbours{tmp: tmp})
	if err == nil || !strings.Contains(err.Error(), "another run uses this machine") || !strings.Contains(err.Error(), "1: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if _, err := first.CPU(); err != nil {
		t.Errorf("the first run: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if l := left(tmp); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
}

// A machine without room for databases, or with too little, ends the run with one error that names it.
func TestMachineWithoutRoom(t *testing.T) {
	h, tmp := hosts(t, 2, 1)
	full := filepath.Join(tmp, "server2")
	refused := func(want string) {
		t.Helper()
		_, _, err := runOver(t, h, neighbours{tmp: tmp})
		t.Logf("it says: %v", err)
		if err == nil || !strings.Contains(err.Error(), "server2") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q, want %q", err, want)
		}
		waitUntil(t, "all processes end", func() bool { return len(on(tmp, "")) == 0 })
		if l := left(tmp); len(l) > 0 {
			t.Errorf("left behind: %v", l)
		}
	}
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	refused("server2: no folder for databases: ")
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(full, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("powbench", full, "tmpfs", 0, "size=64k"); err != nil {
		t.Logf("no small file system: %v: the rest is skipped", err)
		return
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(full, 0); err != nil {
			t.Error(err)
		}
	})
	refused("no space left on device")
}
