package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study/soak"
	"github.com/powbench/powbench/plots/command"
)

// TestSoak soaks as a user would, for seconds: servers whose disk is full say so, and come back.
func TestSoak(t *testing.T) {
	results := t.TempDir()
	code, stdout, stderr := play(t, "soak", "--loopback", "--protocol", "mpowerstore", "--fault", "disk,none", "--duration", "6s",
		"--stint", "3s", "--window", "700ms", "--results", results)
	if code != command.Done {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	summary, err := os.ReadFile(filepath.Join(results, soak.Name, result.LatestLink, result.SoakText))
	if err != nil || !strings.HasPrefix(stdout, string(summary)) {
		t.Errorf("printed %q, stored %q, %v", stdout, summary, err)
	}
	for _, want := range []string{"2 stints", "0 violations, 0 leaks, 0 restarts by hand", "disk "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in %q", want, stdout)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(results, ".scratch", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
