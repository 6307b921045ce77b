package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
)

// costFile is a small table of costs.
func costFile(t *testing.T) CostOptions {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "x.yaml")
	text := "costs: x\nrepetitions: 2\nattempts: 2\nmeasure: 5ms\n" +
		"schemes: [hash-sha256, polynomial-naive, ed25519]\nt: [1, 2]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := experiment.LoadCosts(file)
	if err != nil {
		t.Fatal(err)
	}
	return CostOptions{Costs: c, ConfigFile: file, Results: filepath.Join(dir, "results"), Progress: new(bytes.Buffer)}
}

// Everything is measured in each repetition, however disturbed this machine is, and again only where it was.
func TestMeasureCosts(t *testing.T) {
	o := costFile(t)
	dir, err := MeasureCosts(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	set, err := result.Read(filepath.Join(o.Results, "x", result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	if m := set.Manifest; m.Experiment != "x" || m.Finished == "" || m.ConfigFile != o.ConfigFile || m.Machine.Cores == 0 {
		t.Errorf("manifest %+v", m)
	}
	type cell struct {
		scheme        string
		t, repetition int
	}
	last := map[cell]result.Cost{}
	for _, c := range set.Costs {
		key := cell{c.Scheme, c.T, c.Repetition}
		if before, again := last[key]; again && (before.Valid || c.Attempt != before.Attempt+1) || !again && c.Attempt != 1 {
			t.Errorf("%v: attempt %d after %+v", key, c.Attempt, before)
		}
		if c.Construct.Ns <= 0 || c.Verify.Ns <= 0 || c.Construct.Ops < 1 || c.Valid != (c.InvalidReason == "") {
			t.Errorf("%v: %+v", key, c)
		}
		last[key] = c
	}
	if len(last) != 2*(2+2+1) {
		t.Errorf("%d measurements in %s, want 10", len(last), dir)
	}
	naive, signature := last[cell{"polynomial-naive", 2, 1}], last[cell{"ed25519", 0, 2}]
	if naive.Servers != 7 || naive.Construct.Multiplications != 7*3 || naive.Verify.Multiplications != 3 {
		t.Errorf("polynomials of degree 2: %+v", naive)
	}
	if signature.Servers != 0 || signature.Construct.Multiplications != 0 || signature.SecurityBits != 128 {
		t.Errorf("a signature: %+v", signature)
	}
}

// What is disturbed is measured again behind all others, as often as there are attempts; every attempt is kept.
func TestDisturbedCosts(t *testing.T) {
	o := costFile(t)
	var order []string
	c := &coster{CostOptions: o, dir: t.TempDir()}
	c.measure = func(r attemptedRun) (result.Cost, error) {
		order = append(order, fmt.Sprintf("%s %d %d #%d", r.Scheme.Name, r.T, r.Repetition, r.attempts))
		valid := r.Scheme.Name == "polynomial-naive" || r.Scheme.Name == "hash-sha256" && r.attempts == 2
		return result.Cost{Scheme: r.Scheme.Name, Attempt: r.attempts, Validity: result.Validity{Valid: valid}}, nil
	}
	if err := c.measureAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(order) != 10+6 { // four of hashes, two of signatures
		t.Fatalf("%d measurements: %v", len(order), order)
	}
	for i, what := range order {
		if again := strings.HasSuffix(what, "#2"); again != (i >= 10) || again && strings.HasPrefix(what, "polynomial") {
			t.Errorf("measurement %d is %s", i+1, what)
		}
	}
	data, err := os.ReadFile(filepath.Join(c.dir, result.CostsFile))
	if err != nil || bytes.Count(data, []byte("\n")) != len(order) {
		t.Errorf("%d lines, %v", bytes.Count(data, []byte("\n")), err)
	}
	if got := o.Progress.(*bytes.Buffer).String(); !strings.Contains(got, "disturbed 2 measurements in all attempts") {
		t.Errorf("progress %q", got)
	}
}

func TestMeasureCostsInterrupted(t *testing.T) {
	o := costFile(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir, err := MeasureCosts(ctx, o)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("MeasureCosts: %v", err)
	}
	if set, err := result.Read(dir); err != nil || set.Manifest.Finished != "" {
		t.Errorf("an interrupted run looks finished: %v", err)
	}
}

func TestDisturbance(t *testing.T) {
	for want, c := range map[string]result.Cost{
		"": {HostSteal: stealTolerance, Construct: result.Spent{Waited: 0.9}},
		"disturbed: the hypervisor took 23 % of the CPU": {HostSteal: 0.23},
	} {
		if judgeCost(&c); c.InvalidReason != want || c.Disturbed() == c.Valid {
			t.Errorf("%+v, want %q", c.Validity, want)
		}
	}
}
