package guest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/powbench/powbench/storage/scratch"
)

// The command is asked to end and may take its time; then everything of the guest is gone.
func TestCancel(t *testing.T) {
	k := kernel(t)
	for name, tc := range map[string]struct {
		script string
		grace  time.Duration
		wrote  string
	}{
		"in order": {`trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.1; done`, time.Minute, "bye\n"},
		"by force": {`trap '' TERM; echo ready; sleep 600; echo woke`, time.Millisecond, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			r, w := io.Pipe()
			rest := make(chan string)
			go func() {
				lines := bufio.NewReader(r)
				_, _ = lines.ReadString('\n')
				cancel()
				text, _ := io.ReadAll(lines)
				rest <- string(text)
			}()
			_, err := Run(ctx, k, Command{
				Args: []string{"/bin/sh", "-c", tc.script}, Stdout: w, Grace: tc.grace, Modules: []string{},
			})
			w.Close()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want that of the context", err)
			}
			if got := <-rest; got != tc.wrote {
				t.Errorf("after the cancellation it wrote %q, want %q", got, tc.wrote)
			}
			if p := processesOf(t, os.Getenv("TMPDIR")); len(p) > 0 {
				t.Errorf("processes are left: %v", p)
			}
		})
	}
}

// A SIGKILL of the caller takes the guest along, and the next run removes what that left on the disk.
func TestDiesWithCaller(t *testing.T) {
	kernel(t)
	tmp := os.Getenv("TMPDIR")
	c := self(t, "caller")
	cmd := exec.Command(c.Args[0])
	cmd.Env = c.Env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, 6)
	_, err = io.ReadFull(stdout, ready)
	running := processesOf(t, tmp)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err != nil || len(running) == 0 {
		t.Fatalf("the guest did not start: %v, processes %v, stderr %q", err, running, &stderr)
	}
	for deadline := time.Now().Add(20 * time.Second); len(processesOf(t, tmp)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("processes outlive their caller: %v", processesOf(t, tmp))
		}
	}
	f, err := scratch.New(tmp, workPrefix)
	if err != nil {
		t.Fatal(err)
	}
	if dirs, _ := filepath.Glob(filepath.Join(tmp, workPrefix+"*")); len(dirs) != 1 {
		t.Errorf("a new run leaves %v, want only its own", dirs)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
}

// processesOf are the processes whose command line has the text, by number.
func processesOf(t *testing.T, text string) (pids []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if line, err := os.ReadFile(f); err == nil && bytes.Contains(line, []byte(text)) {
			pids = append(pids, filepath.Base(filepath.Dir(f)))
		}
	}
	return pids
}
