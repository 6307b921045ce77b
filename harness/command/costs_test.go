package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// TestCosts measures a small table as a user would, and draws it again from the results alone.
func TestCosts(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.yaml")
	text := "costs: x\nrepetitions: 1\nschemes: [hash-sha256, polynomial-horner, ed25519]\nt: [1, 2]\nmeasure: 5ms\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, "costs", "--results", dir, file)
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	latest := filepath.Join(dir, "x", result.LatestLink)
	if code, again, stderr := run(t, "plot", "--out", filepath.Join(dir, "figures"), latest); code != command.Done ||
		again != stdout || !strings.Contains(stdout, "polynomial-horner") {
		t.Errorf("exit code %d, first %q, then %q, %s", code, stdout, again, stderr)
	}
	tables, err := os.ReadFile(filepath.Join(dir, "figures", "summary.md"))
	if err != nil || !strings.Contains(string(tables), "Table 1: costs") {
		t.Errorf("the tables lack Table 1: %v\n%s", err, tables)
	}
	for _, picture := range []string{
		filepath.Join(latest, result.FigureDir, "figtable1.svg"), filepath.Join(dir, "figures", "figtable1.png"),
	} {
		if _, err := os.Stat(picture); err != nil {
			t.Error(err)
		}
	}
}
