package command

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// startRun starts the smoke experiment and returns once its first point has been measured.
func startRun(t *testing.T, results string) (stop func(os.Signal) (code int)) {
	t.Helper()
	cmd := powbench(t, "run", "--results", results, smokeConfig)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, stderr, "[1/6]")
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	time.Sleep(500 * time.Millisecond) // into the second run
	return func(s os.Signal) int {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the exit code says it
		return cmd.ProcessState.ExitCode()
	}
}

// waitFor reads until the text has come.
func waitFor(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var seen bytes.Buffer
	buf := make([]byte, 4096)
	for !strings.Contains(seen.String(), text) {
		n, err := r.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("no %q: %v after %q", text, err, seen.String())
		}
	}
}

// TestInterrupt stops a run with Ctrl-C and resumes it: no point is lost or measured twice, nothing is left.
func TestInterrupt(t *testing.T) {
	results := t.TempDir()
	if code := startRun(t, results)(os.Interrupt); code != command.Interrupted {
		t.Errorf("exit code %d after Ctrl-C, want %d", code, command.Interrupted)
	}
	if left, _ := filepath.Glob(filepath.Join(results, ".scratch", "*")); len(left) > 0 {
		t.Errorf("left behind after Ctrl-C: %v", left)
	}
	assertResumes(t, results)
}

// TestKill kills a run with SIGKILL: its children die, and the next start removes what they left and resumes.
func TestKill(t *testing.T) {
	results := t.TempDir()
	startRun(t, results)(syscall.SIGKILL)
	deadline := time.Now().Add(10 * time.Second)
	for len(processesIn(t, results)) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("processes live on after SIGKILL: %v", processesIn(t, results))
		}
		time.Sleep(20 * time.Millisecond)
	}
	assertResumes(t, results)
}

// TestServersDie kills all servers in the middle of a run: it fails at once and says why, with the points it has.
func TestServersDie(t *testing.T) {
	results := t.TempDir()
	var stderr bytes.Buffer
	cmd := powbench(t, "run", "--results", results, smokeConfig)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, pipe, "[1/6]")
	var servers []int
	for len(servers) == 0 {
		servers = slices.DeleteFunc(serversIn(t, results), func(pid int) bool { return pid == cmd.Process.Pid })
	}
	for _, pid := range servers {
		_ = syscall.Kill(pid, syscall.SIGKILL) // one may just have ended with its run
	}
	_, _ = io.Copy(&stderr, pipe)
	_ = cmd.Wait()
	for _, want := range []string{"ended unexpectedly: signal: killed", "continue with --resume"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %q in %q", want, &stderr)
		}
	}
	if n := strings.Count(stderr.String(), "ended unexpectedly"); n != 1 {
		t.Errorf("the failure is told %d times: %q", n, &stderr)
	}
	if code := cmd.ProcessState.ExitCode(); code != command.Failed {
		t.Errorf("exit code %d", code)
	}
	assertResumes(t, results)
}

// serversIn lists the processes that have files of a database open below dir: servers, and who removes databases.
func serversIn(t *testing.T, dir string) (pids []int) {
	t.Helper()
	for _, p := range processesIn(t, filepath.Join(dir, ".scratch")) {
		if pid, err := strconv.Atoi(strings.Fields(p)[0]); err == nil && strings.Contains(p, "server-") {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// processesIn lists the processes that have files open below dir.
func processesIn(t *testing.T, dir string) (pids []string) {
	t.Helper()
	fds, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && strings.HasPrefix(target, dir) {
			pids = append(pids, strings.Split(fd, "/")[2]+" has "+target)
		}
	}
	return pids
}

func assertResumes(t *testing.T, results string) {
	t.Helper()
	before := readSet(t, results)
	if len(before.Points) == 0 {
		t.Fatal("no point survived")
	}
	code, _, stderr := play(t, "run", "--resume", "--results", results, smokeConfig)
	if code != command.Done {
		t.Fatalf("resume: exit code %d: %s", code, stderr)
	}
	after := readSet(t, results)
	seen := map[string]bool{}
	for _, p := range after.Points {
		if seen[p.History] {
			t.Errorf("%s was measured twice", p.History)
		}
		seen[p.History] = true
	}
	if n := firstAttempts(after); n != 6 || after.Dir != before.Dir {
		t.Errorf("points of %d runs after the resume, want 6", n)
	}
	assertNothingLeft(t, results)
}

// firstAttempts is how many runs there are points of: a busy machine makes for more attempts at a run.
func firstAttempts(s *result.Set) (n int) {
	for _, p := range s.Points {
		if p.Attempt == 1 {
			n++
		}
	}
	return n
}

// TestResumeOtherConfig refuses to mix points of two configurations.
func TestResumeOtherConfig(t *testing.T) {
	results := t.TempDir()
	startRun(t, results)(os.Interrupt)
	config := filepath.Join(t.TempDir(), "smoke.yaml")
	if err := os.WriteFile(config, []byte("experiment: smoke\nt: [2]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := play(t, "run", "--resume", "--results", results, config)
	if code != command.Misused || !strings.Contains(stderr, "another configuration") {
		t.Errorf("exit code %d, error %q", code, stderr)
	}
}
