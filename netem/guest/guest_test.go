package guest

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// kernel finds the guest kernel or skips the test.
func kernel(t *testing.T) Kernel {
	t.Helper()
	race := debug.BuildSetting{Key: "-race", Value: "true"}
	if build, ok := debug.ReadBuildInfo(); ok && slices.Contains(build.Settings, race) {
		t.Skip("skipped: the race detector's memory layout does not fit into a guest's process")
	}
	k, err := Find()
	if errors.Is(err, ErrNotInstalled) || errors.Is(err, ErrProcessor) {
		t.Skipf("skipped: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	t.Cleanup(func() {
		if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), workPrefix+"*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return k
}

// self is this test binary in a role.
func self(t *testing.T, role string, args ...string) Command {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Command{
		Args: append([]string{path}, args...),
		Env:  append(os.Environ(), roleVariable+"="+role, `ODD=a "b" $c`+"\n\x01\xff"),
	}
}

func TestSurroundings(t *testing.T) {
	k := kernel(t)
	var stdout, stderr bytes.Buffer
	c := self(t, "look", "", "two words", `"`)
	c.Dir, c.Stdout, c.Stderr = t.TempDir(), &stdout, &stderr
	start := time.Now()
	code, err := Run(t.Context(), k, c)
	if code != 0 || err != nil {
		t.Fatalf("code %d, error %v, stderr %q", code, err, &stderr)
	}
	var got view
	if err := gob.NewDecoder(&stdout).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Unix < start.Unix() || got.Unix > time.Now().Unix() {
		t.Errorf("the guest's clock is at %d, outside of the run from %d", got.Unix, start.Unix())
	}
	got.Unix = 0
	want := view{Args: c.Args[1:], Odd: `a "b" $c` + "\n\x01\xff", Dir: c.Dir, Release: k.Release, Loopback: true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the command saw %+v, want %+v", got, want)
	}
}

func TestNetEm(t *testing.T) {
	k := kernel(t)
	var stderr bytes.Buffer
	c := self(t, "netem")
	c.Stderr = &stderr
	if code, err := Run(t.Context(), k, c); code != 0 || err != nil {
		t.Errorf("code %d, error %v, stderr %q", code, err, &stderr)
	}
}

// The streams are those of the command, byte for byte and apart, and what it does to files is done outside.
func TestStreams(t *testing.T) {
	k := kernel(t)
	file := filepath.Join(t.TempDir(), "all")
	content := make([]byte, 1<<18)
	for i := range content {
		content[i] = byte(i + i>>8)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	const script = `cat "$0"; echo problem >&2; mv "$0" "$0.moved"; (sleep 100 >/dev/null) & kill -9 $$`
	code, err := Run(t.Context(), k, Command{
		Args: []string{"sh", "-c", script, file}, Stdout: slowly{&stdout}, Stderr: &stderr, Modules: []string{},
	})
	if code != 128+9 || err != nil {
		t.Errorf("code %d, error %v after a SIGKILL", code, err)
	}
	if !bytes.Equal(stdout.Bytes(), content) {
		t.Errorf("stdout has %d bytes that differ from the %d written", stdout.Len(), len(content))
	}
	if stderr.String() != "problem\n" {
		t.Errorf("stderr is %q", &stderr)
	}
	if moved, err := os.ReadFile(file + ".moved"); !bytes.Equal(moved, content) {
		t.Errorf("the moved file has %d bytes, error %v", len(moved), err)
	}
}

// slowly is a reader that cannot keep up.
type slowly struct{ w *bytes.Buffer }

func (s slowly) Write(p []byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return s.w.Write(p)
}

func TestPanic(t *testing.T) {
	k := kernel(t)
	_, err := Run(t.Context(), k, Command{
		Args: []string{"sh", "-c", "echo c >/proc/sysrq-trigger"}, Modules: []string{},
	})
	if err == nil || !strings.Contains(err.Error(), "Kernel panic") {
		t.Errorf("error %v does not tell of the panic", err)
	}
	if err != nil && strings.Contains(err.Error(), "Call Trace") {
		t.Errorf("error %v is long-winded", err)
	}
}

// These fail before anything is started.
func TestErrors(t *testing.T) {
	k := kernel(t)
	for name, tc := range map[string]struct {
		c    Command
		want string
	}{
		"nothing to run":  {Command{}, "no command"},
		"no such program": {Command{Args: []string{"no-such-program"}}, "no-such-program"},
		"no such module":  {Command{Args: []string{"true"}, Modules: []string{"sch_none"}}, "no module sch_none"},
		"no such memory":  {Command{Args: []string{"true"}, MemoryMiB: 1 << 40}, "set TMPDIR"},
	} {
		if _, err := Run(t.Context(), k, tc.c); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v does not contain %q", name, err, tc.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, k, Command{Args: []string{"true"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v with a context that has ended", err)
	}
}

func TestFindNothing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Find()
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "apt-get install user-mode-linux") {
		t.Errorf("error %v does not name the remedy", err)
	}
}

// A kernel that cannot give programs their registers counts as none; one that boots and ends, however it ends, is one.
func TestTryOut(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for says, want := range map[string]error{
		"userspace - ptrace set fp regs failed, errno = 14": ErrProcessor, "Attempted to kill init! exitcode=0x00000000": nil,
	} {
		path := filepath.Join(t.TempDir(), "linux.uml")
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+says+"'\nexit 134\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := tryOut(path); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", says, err, want)
		}
	}
}

func TestModulesFollowTheirDependencies(t *testing.T) {
	k := Kernel{ModuleDir: t.TempDir()}
	const list = "kernel/lib/crc-ccitt.ko:\nkernel/net/ipv6.ko: kernel/lib/crc-ccitt.ko\n" +
		"kernel/net/bridge.ko: kernel/net/stp.ko kernel/net/ipv6.ko kernel/lib/crc-ccitt.ko\nkernel/net/stp.ko:\n"
	if err := os.WriteFile(filepath.Join(k.ModuleDir, "modules.dep"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	paths, err := modulePaths(k, []string{"ipv6", "bridge", "crc_ccitt"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"kernel/lib/crc-ccitt.ko", "kernel/net/ipv6.ko", "kernel/net/stp.ko", "kernel/net/bridge.ko"}
	for i := range want {
		want[i] = filepath.Join(k.ModuleDir, want[i])
	}
	if !slices.Equal(paths, want) {
		t.Errorf("order\n%s\nwant\n%s", strings.Join(paths, "\n"), strings.Join(want, "\n"))
	}
}
