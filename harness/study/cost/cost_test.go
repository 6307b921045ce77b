package cost

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
)

// Everything is measured in each repetition, however disturbed this machine is, and again only where it was.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.yaml")
	text := "costs: x\nrepetitions: 2\nattempts: 2\nmeasure: 5ms\n" +
		"schemes: [hash-sha256, polynomial-naive, ed25519]\nt: [1, 2]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	costs, err := experiment.LoadCosts(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, err = Run(t.Context(), Options{
		Costs: costs, ConfigFile: file, Options: study.Options{Results: dir, Progress: new(bytes.Buffer)},
	})
	if err != nil {
		t.Fatal(err)
	}
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m := set.Manifest; m.Experiment != "x" || m.Finished == "" || m.ConfigFile != file || m.Machine.Cores == 0 {
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

func TestJudge(t *testing.T) {
	for want, c := range map[string]result.Cost{
		"": {HostSteal: study.StealTolerance, Construct: result.Spent{Waited: 0.9}},
		"disturbed: the hypervisor took 23 % of the CPU": {HostSteal: 0.23},
	} {
		if judge(&c); c.InvalidReason != want || c.Disturbed() == c.Valid {
			t.Errorf("%+v, want %q", c.Validity, want)
		}
	}
}
