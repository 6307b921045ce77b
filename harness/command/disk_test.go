package command

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/plots/command"
)

const fullDiskConfig = `experiment: small
protocols: [mabd]
value: [64KiB]
clients: [4]
operations: [write]
repetitions: 1
attempts: 1
phases: {warmup: 100ms, measure: 20s}
testbed: {topology: loopback}
`

// TestFullDisk runs an experiment whose databases, results and logs share a disk that is too small: it ends with one message, which
// names the folder and the remedy. The server cannot have left it in its log.
func TestFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("skipped: no small disk can be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(small, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	code, _, stderr := play(t, "run", "--results", filepath.Join(small, "results"), writeConfig(t, fullDiskConfig))
	if code != command.Failed {
		t.Errorf("exit code %d", code)
	}
	t.Log(stderr)
	// An operation on one key may find out first: then the message names the key before the folder.
	for _, want := range []string{"ended unexpectedly: ", "storage in " + small, "no space left on device", "make room there"} {
		if strings.Count(stderr, want) != 1 {
			t.Errorf("%d times %q in %q", strings.Count(stderr, want), want, stderr)
		}
	}
}
