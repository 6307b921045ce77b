package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

func TestSimulate(t *testing.T) {
	out := filepath.Join(t.TempDir(), "deep", "table.json")
	code, stdout, stderr := run(t, "simulate", "--schedules", "60", "--attack", "none,B1,N2", "--out", out)
	if code != command.Done {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var rows []result.Simulated
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !r.Held || r.Schedules != 60 || r.Operations == 0 || r.Messages == 0 {
			t.Errorf("%+v", r)
		}
	}
	if !strings.Contains(stdout, "mpowerstore: COLLECT: no candidate") || rows[0].Conditions["COLLECT: no candidate"] == 0 {
		t.Errorf("no conditions: %+v, %s", rows[0], stdout)
	}
	if len(rows)%3 != 0 || len(rows) < 9 {
		t.Errorf("%d rows, want 3 for each protocol", len(rows))
	}
}

// Where a harm became inevitable is told in a sentence and drawn.
func TestSimulateCause(t *testing.T) {
	html := filepath.Join(t.TempDir(), "deep", "cause.html")
	code, stdout, stderr := run(t, "simulate", "--protocol", "mabd", "--attack", "B3", "--cause", "1", "--html", html)
	if code != command.Done || !strings.Contains(stdout, "Phantom value: of 100 random continuations") {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	page, err := os.ReadFile(html)
	if err != nil || !strings.Contains(string(page), "<polyline") || !strings.Contains(string(page), "class=\"message\"") {
		t.Errorf("%.300s, %v", page, err)
	}
	if code, _, stderr := run(t, "simulate", "--protocol", "mabd", "--cause", "1"); code != command.Misused || !strings.Contains(stderr, "name one") {
		t.Errorf("all attacks: exit code %d, %s", code, stderr)
	}
}

// What the paper's pseudo-code as printed comes to is shrunk, told line by line, drawn, and repeated by the command that
// is printed.
func TestSimulateTellsAViolation(t *testing.T) {
	html := filepath.Join(t.TempDir(), "history.html")
	code, stdout, _ := run(t, "simulate", "--protocol", "mpowerstore+literal", "--attack", "R4", "--schedules", "2000", "--html", html)
	if code != command.Failed {
		t.Fatalf("exit code %d: %s", code, stdout)
	}
	for _, want := range []string{"EXPECTED no harm", "loud: begin of p", "→ s1", "choices muted", "hang"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in %s", want, stdout)
		}
	}
	if page, err := os.ReadFile(html); err != nil || !strings.Contains(string(page), "<html") {
		t.Errorf("%.200s, %v", page, err)
	}
	again := regexp.MustCompile(`powbench (simulate .*--trace)`).FindStringSubmatch(stdout)
	if again == nil {
		t.Fatalf("no command in %s", stdout)
	}
	if code, out, _ := run(t, strings.Fields(again[1])...); code != command.Failed || !strings.Contains(out, "hang: ") {
		t.Errorf("the command ends with %d: %s", code, out)
	}
}
