package command

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// A profiled run keeps what every server and agent did in the window, and says that it is one.
func TestRunProfile(t *testing.T) {
	results, config := t.TempDir(), filepath.Join(t.TempDir(), "x.yaml")
	const text = "experiment: smoke\nprotocols: [mabd]\noperations: [read]\nrepetitions: 1\nattempts: 1\nvalue: [64KiB]\nclients: [2]\n" +
		"phases: {warmup: 200ms, measure: 500ms}\ntestbed: {client_hosts: 2, tolerance: 90%}\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := play(t, "run", "--profile", "--results", results, config); code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	set := readSet(t, results)
	if !set.Manifest.Profiled || len(set.Points) != 1 || set.Points[0].Profiles != "mabd-read-t1-64KiB-c2-rep1" {
		t.Fatalf("profiled %v, points %+v", set.Manifest.Profiled, set.Points)
	}
	var want []string
	for _, process := range []string{"agent-1", "agent-2", "server-1", "server-2", "server-3"} {
		for _, kind := range []string{"block", "cpu", "heap", "mutex"} {
			want = append(want, result.ProfileFile(process, kind))
		}
	}
	dir := filepath.Join(set.Dir, result.ProfileDir, set.Points[0].Profiles)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name())
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if p, err := profile.ParseData(content); err != nil || p.DurationNanos < 400e6 {
			t.Errorf("%s: %v, of %v", f.Name(), err, p)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	assertNothingLeft(t, results)
}
