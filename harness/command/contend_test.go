package command

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// READs of Loft begin again beside many writers and not beside one, those of PASIS never; it is written, tabulated and drawn.
func TestContend(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "contended.json")
	code, stdout, stderr := run(t, "contend", "--protocol", "loft,pasis", "--writers", "1,8", "--repetitions", "2", "--schedules", "30",
		"--out", file, "--figures", dir)
	if code != command.Done {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	rows, err := result.ReadContended(file)
	if err != nil || len(rows) != 8 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	restarts := map[string]int64{}
	for _, r := range rows {
		if r.Reads == 0 || r.Writes == 0 || r.Failed() < 0 {
			t.Errorf("%+v", r)
		}
		if r.Writers == 8 {
			restarts[r.Protocol] += r.Restarts
		}
	}
	if restarts["loft"] == 0 || restarts["pasis"] != 0 {
		t.Errorf("restarts %v, want some of Loft and none of PASIS", restarts)
	}
	if !strings.Contains(stdout, "restarts a READ") || !strings.Contains(stdout, "loft") {
		t.Errorf("the table is %s", stdout)
	}
	again := filepath.Join(dir, "again")
	for _, args := range [][]string{{"plot", "--contended", file, "--out", again}, {"plot", "--contended", filepath.Join(dir, "none.json")}} {
		code, _, stderr := run(t, args...)
		if want := map[bool]int{true: command.Done, false: command.Misused}[strings.Contains(args[2], "contended")]; code != want {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
	for _, folder := range []string{dir, again} {
		if found, _ := filepath.Glob(filepath.Join(folder, "figcontended.*")); len(found) != 3 {
			t.Errorf("figures %v", found)
		}
	}
	if code, _, stderr := run(t, "contend", "--protocol", "gv"); code != command.Misused || !strings.Contains(stderr, "one writer") {
		t.Errorf("of one writer: exit code %d, %s", code, stderr)
	}
}
