package command

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/plots/command"
)

// The archive is written whole, with the hash that is printed.
func TestArtifactArchive(t *testing.T) {
	if err := exec.Command("git", "rev-parse", "HEAD").Run(); err != nil {
		t.Skipf("skipped: %s: no clone: %v", t.Name(), err)
	}
	file := filepath.Join(t.TempDir(), "a.tar.gz")
	code, stdout, stderr := run(t, "artifact", "--root", "../..", "--archive", file)
	content, err := os.ReadFile(file)
	if code != command.Done || err != nil {
		t.Fatalf("exit code %d, %v: %s", code, err, stderr)
	}
	if !strings.Contains(stdout, fmt.Sprintf("sha256 %x", sha256.Sum256(content))) {
		t.Errorf("output %q", stdout)
	}
}

func TestArtifactRefuses(t *testing.T) {
	none := t.TempDir()
	for _, c := range []struct{ args, want string }{
		{"artifact --sums --archive x.tar.gz", "give one of them"},
		{"artifact --root " + none, "fig2a.yaml"},
		{"artifact --archive " + none + "/x --root " + none, "name a clone of the repository by --root"},
	} {
		code, _, stderr := run(t, strings.Fields(c.args)...)
		if code != command.Misused || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit code %d, error %q, want %q", c.args, code, stderr, c.want)
		}
	}
	if left, _ := os.ReadDir(none); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
