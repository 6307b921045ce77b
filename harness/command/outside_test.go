package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mabd"
)

// overclaimed is the protocol of docs/outside without what it says of itself: as if it were atomic.
const overclaimed = `package main

import "github.com/powbench/powbench/protocols"

type Overclaimed struct{ OneRound }

func (p Overclaimed) Traits(t int) protocols.Traits {
	traits := p.OneRound.Traits(t)
	traits.Name, traits.Consistency = "overclaimed", protocols.Atomic
	return traits
}
`

const outsideConfig = `experiment: outside
figure: 2a
protocols: [mabd, oneround]
value: [4KiB]
clients: [2]
repetitions: 1
phases: {warmup: 50ms, measure: 200ms}
testbed: {topology: loopback}
`

// A protocol in a module of its own gets all that PoWBench does: a stranger's go build, simulated schedules, attacks on
// processes, a run with a figure. It is judged by what it promises: one that promises more than it keeps is caught.
func TestOutside(t *testing.T) {
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(dir, "module")
	if err := os.CopyFS(module, os.DirFS(filepath.Join(root, "docs/outside"))); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"go.sum": string(sums), "overclaimed.go": overclaimed, "outside.yaml": outsideConfig} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// As go mod tidy would, but without asking the network: the module needs what this one needs.
	needs, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	tidy := strings.Replace(string(needs), "module github.com/powbench/powbench\n",
		"module example.com/outside\n\nrequire github.com/powbench/powbench v0.0.0\n\nreplace github.com/powbench/powbench => "+root+"\n", 1)
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte(tidy), 0o644); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(module, "main.go"), "OneRound{}", "OneRound{}, Overclaimed{}")
	binary := filepath.Join(dir, "mine")
	in := func(name string, args ...string) (string, error) {
		c := exec.Command(name, args...)
		c.Dir = module
		c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := in("go", "build", "-o", binary, "."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := in(binary, "simulate", "--protocol", "oneround", "--attack", "none,W1", "--schedules", "300"); err != nil {
		t.Errorf("what it promises: %v\n%s", err, out)
	}
	if out, err := in(binary, "simulate", "--protocol", "overclaimed", "--attack", "none", "--schedules", "2000"); err == nil || !strings.Contains(out, "stale read") {
		t.Errorf("what it does not keep: %v\n%s", err, out)
	}
	if out, err := in(binary, "attack", "--quick", "--protocol", "oneround", "--attack", "W1", "--results", dir); err != nil {
		t.Errorf("what it promises: %v\n%s", err, out)
	}
	if out, err := in(binary, "attack", "--quick", "--protocol", "overclaimed", "--attack", "W1", "--results", dir); err == nil ||
		!strings.Contains(out, "overclaimed W1 (dies-storing): NOT AS EXPECTED: stale read") {
		t.Errorf("what it does not keep: %v\n%s", err, out)
	}
	if out, err := in(binary, "run", "--results", dir, "outside.yaml"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	set, err := result.Read(filepath.Join(dir, "outside", result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	checkers := map[string]string{}
	for _, p := range set.Points {
		checkers[p.Protocol] = string(p.Linearizable.Code) + " " + p.Linearizable.Checker
	}
	if len(set.Points) < 4 || // more if other work disturbs some
		checkers["oneround"] != "ok regular" || checkers["mabd"] != "ok timestamp+zone" {
		t.Errorf("%d points, judged %v", len(set.Points), checkers)
	}
	if _, err := os.Stat(filepath.Join(dir, "outside", result.LatestLink, result.FigureDir, "fig2a.svg")); err != nil {
		t.Error(err)
	}
}

// edit replaces what must be in the file.
func edit(t *testing.T, file, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%s: no %q: %v", file, old, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, replacement, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Two protocols of one name would be measured for each other.
func TestOutsideNamesMustBeFree(t *testing.T) {
	if err := catalog.Add(mabd.Protocol{}); err == nil || !strings.Contains(err.Error(), `are both called "mabd": give yours another name`) {
		t.Errorf("error %v", err)
	}
	if code, _, stderr := run(t, "check", "--model", "causal", "x"); code != command.Misused || !strings.Contains(stderr, "it is one of atomic, regular, safe") {
		t.Errorf("exit code %d, error %q", code, stderr)
	}
}
