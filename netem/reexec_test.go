package netem

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ordinaryUser is a role that runs as an ordinary user. The test binary is copied to where any user may run it.
func ordinaryUser(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	if reexecuted() {
		t.Skip("skipped: runs in a user namespace already")
	}
	if err := tryUserNamespace(); err != nil {
		t.Skipf("skipped: no user namespaces: %v", err)
	}
	dir, err := os.MkdirTemp("", "netem-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "test")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(path, binary, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := role(name)
	cmd.Path, cmd.Dir = path, dir
	unprivileged(cmd)
	return cmd
}

func TestReexecInUserNamespace(t *testing.T) {
	cmd := ordinaryUser(t, "reexec")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 3 || strings.TrimSpace(string(out)) != string(ModeUserNamespace) {
		t.Errorf("exit code %d, output %q, %v; want 3 and %q", code, out, err, ModeUserNamespace)
	}
}

func TestReexecForwardsSignals(t *testing.T) {
	cmd := ordinaryUser(t, "reexec")
	cmd.Env = append(cmd.Env, "NETEM_TEST_WAIT=1")
	startAndReadLine(t, cmd)
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait(); cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("exit: %v, want code 7 from inside", cmd.ProcessState)
	}
}

// TestReexecDiesTogether: killing the outer process kills the inner one.
func TestReexecDiesTogether(t *testing.T) {
	cmd := ordinaryUser(t, "reexec")
	cmd.Env = append(cmd.Env, "NETEM_TEST_WAIT=1")
	startAndReadLine(t, cmd)
	children, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var pids []string
	for _, link := range children {
		if exe, err := os.Readlink(link); err == nil && exe == cmd.Path {
			pids = append(pids, strings.Split(link, "/")[2])
		}
	}
	if len(pids) != 2 {
		t.Fatalf("processes %v run %s, want an outer and an inner one", pids, cmd.Path)
	}
	t.Cleanup(func() {
		for _, pid := range pids {
			if n, err := strconv.Atoi(pid); err == nil && alive(pid) {
				unix.Kill(n, unix.SIGKILL)
			}
		}
	})
	cmd.Process.Signal(unix.SIGKILL)
	cmd.Wait()
	eventually(t, "both processes end", func() bool { return !alive(pids[0]) && !alive(pids[1]) })
}

func TestNoReexecWithoutNeed(t *testing.T) {
	needNamespaces(t)
	if done, _, err := ReexecInUserNamespace(); done || err != nil {
		t.Errorf("ReexecInUserNamespace = %v, %v in a process that may make namespaces", done, err)
	}
}

func TestExitCode(t *testing.T) {
	killed := exec.Command("/proc/self/exe")
	killed.Env = append(os.Environ(), roleVariable+"=sleeper")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	killed.Process.Signal(unix.SIGINT)
	killed.Wait()
	if code := exitCode(killed.ProcessState); code != 128+int(unix.SIGINT) {
		t.Errorf("exit code after SIGINT = %d", code)
	}
}

func TestExplain(t *testing.T) {
	for errno, want := range map[syscall.Errno]error{
		unix.EPERM: ErrNotPermitted, unix.EROFS: ErrNotPermitted,
		unix.ENOENT: ErrUnsupported, unix.EOPNOTSUPP: ErrUnsupported,
	} {
		if err := explain(errno, "CONFIG_VETH", "veth"); !errors.Is(err, want) || !errors.Is(err, errno) {
			t.Errorf("explain(%v) = %v, want %v", errno, err, want)
		}
	}
	if err := explain(unix.EOPNOTSUPP, "CONFIG_VETH", "veth"); !strings.Contains(err.Error(), "modprobe veth") {
		t.Errorf("no remedy in %q", err)
	}
	if err := explain(unix.EMFILE, "CONFIG_VETH", "veth"); !errors.Is(err, unix.EMFILE) {
		t.Errorf("explain changed %v", err)
	}
}
