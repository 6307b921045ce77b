package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// Each protocol is explored with the menus that it withstands: Phalanx with a hostile reader, too. A table is begun, not overwritten, and gone on with by the same build and flags alone.
func TestExplore(t *testing.T) {
	out := filepath.Join(t.TempDir(), "deep", "t1.json")
	asked := []string{"explore", "--jobs", "3", "--protocol", "mabd,phalanx", "--scope", "read,write-read", "--out", out}
	code, stdout, stderr := run(t, asked...)
	if code != command.Done || strings.Count(stdout, ": no harm, complete\n") != 10 {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	table, err := result.ReadExplorations(out)
	if err != nil || len(table.Rows) != 10 || table.Build == "" {
		t.Fatalf("%+v, %v", table, err)
	}
	if r := table.Rows; r[0].Protocol != "mabd" || r[0].Scope != "read" || r[9].Protocol != "phalanx" || r[9].Scope != "write-read" {
		t.Errorf("rows are not in the order of what was asked: %+v", table.Rows)
	}
	for _, r := range table.Rows {
		if !r.Held || !r.Complete || r.Verdict != result.Linearizable || r.Executions == 0 || r.States == 0 || r.MaxRounds == 0 {
			t.Errorf("%+v", r)
		}
	}
	page, err := os.ReadFile(strings.TrimSuffix(out, "json") + "md")
	if err != nil || strings.Count(string(page), "| WRITE ‖ READ | 1 | ") != 5 {
		t.Errorf("%s, %v", page, err)
	}
	if code, _, stderr := run(t, asked...); code != command.Misused || !strings.Contains(stderr, "--resume") {
		t.Errorf("again: exit code %d: %s", code, stderr)
	}
	if code, stdout, stderr := run(t, append(asked, "--resume")...); code != command.Done || stdout != "" {
		t.Errorf("resumed, with nothing to do: exit code %d: %s%s", code, stdout, stderr)
	}
	if code, _, stderr := run(t, append(asked, "--resume", "--t", "2")...); code != command.Misused ||
		!strings.Contains(stderr, "not asked for now") {
		t.Errorf("resumed with other flags: exit code %d: %s", code, stderr)
	}
	table.Rows[7].Complete, table.Rows[7].Stopped, table.Rows[7].Verdict = false, "interrupted", result.Unknown
	if err := table.Write(out); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := run(t, append(asked, "--resume")...); code != command.Done || strings.Count(stdout, "\n") != 1 {
		t.Errorf("resumed: exit code %d: %s", code, stdout)
	}
	table.Build = "another"
	if err := table.Write(out); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(t, append(asked, "--resume")...); code != command.Misused || !strings.Contains(stderr, "build another") {
		t.Errorf("another build: exit code %d: %s", code, stderr)
	}
}

func TestExploreRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"2 writers of one register": {"--protocol", "powerstore", "--scope", "write-write"},
		"unknown scope":             {"--scope", "nonsense"},
		"unknown menu":              {"--servers", "nonsense"},
		"a number of executions":    {"--bound", "soon"},
		"--jobs 0: give 1 or more":  {"--jobs", "0"},
		"300 deviations: give 1 to": {"--deviations", "300"},
		"nothing to resume":         {"--resume", "--out", filepath.Join(t.TempDir(), "t1.json")},
	} {
		if code, _, stderr := run(t, append([]string{"explore"}, args...)...); code != command.Misused || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

// What is complete to a number of deviations alone says so.
func TestExploreDeviations(t *testing.T) {
	out := filepath.Join(t.TempDir(), "few.json")
	code, stdout, stderr := run(t, "explore", "--protocol", "mabd", "--scope", "write-read", "--servers", "crash", "--deviations", "2", "--out", out)
	if code != command.Done || !strings.Contains(stdout, "no harm, complete with ≤ 2 deviations\n") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if page, err := os.ReadFile(strings.TrimSuffix(out, "json") + "md"); err != nil || !strings.Contains(string(page), "| with ≤ 2 deviations | no harm |") {
		t.Errorf("%s, %v", page, err)
	}
}

// What is not complete is not called so, and a violation is told and drawn.
func TestExploreTells(t *testing.T) {
	code, stdout, _ := run(t, "explore", "--protocol", "mpowerstore", "--scope", "write-read", "--bound", "1000")
	if code != command.Done || strings.Count(stdout, "no harm so far, NOT complete: stopped after 1000 executions") != 3 {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	html := filepath.Join(t.TempDir(), "history.html")
	code, stdout, _ = run(t, "explore", "--protocol", "mpowerstore+literal", "--scope", "other-key", "--servers", "full", "--html", html)
	if code != command.Failed || !strings.Contains(stdout, "**hang**") || !strings.Contains(stdout, "as s4 likes") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	if page, err := os.ReadFile(html); err != nil || !strings.Contains(string(page), "<html") {
		t.Errorf("%.200s, %v", page, err)
	}
}
