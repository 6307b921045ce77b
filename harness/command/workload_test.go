package command

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// measured runs the experiment as a user would and returns its results.
func measured(t *testing.T, name, config string) *result.Set {
	t.Helper()
	file, results := filepath.Join(t.TempDir(), name+".yaml"), t.TempDir()
	if err := os.WriteFile(file, []byte("experiment: "+name+"\n"+config), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := play(t, "run", "--results", results, file)
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	set, err := result.Read(filepath.Join(results, name, result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// ofTheMachine are reasons for which a point may be invalid because the machine was busy.
var ofTheMachine = []result.Reason{result.OtherWork, result.BusyGenerator, result.LittlesLaw, result.TooFewOperations, result.SlowDrain}

// checkSound checks that the history is linearizable and, unless other work disturbed it, that nobody else objects to the point.
func checkSound(t *testing.T, p result.Point) {
	t.Helper()
	if p.Linearizable.Code != result.Linearizable || p.Errors > 0 {
		t.Errorf("%v: verdict %v, %d errors", p.Series, p.Linearizable, p.Errors)
	}
	if p.Disturbed() {
		return
	}
	for _, r := range p.Invalid {
		if !slices.Contains(ofTheMachine, r) {
			t.Errorf("%v: invalid by %s: %s", p.Series, r, p.InvalidReason)
		}
	}
}

const zipfConfig = `value: [4KiB]
clients: [6]
workload: {keys: zipf, skew: 1.2, items: 40}
protocols: [mabd, mpowerstore, powerstore]
repetitions: 1
attempts: 1
phases: {warmup: 50ms, measure: 300ms}
testbed: {topology: loopback}
`

// Keys by Zipf's law make operations meet each other on a key. Histories stay linearizable all the same, and bytes those of
// the cost model, also of a protocol that allows one writer of a key.
func TestZipf(t *testing.T) {
	for _, p := range measured(t, "zipf", zipfConfig).Points {
		checkSound(t, p)
		if p.KeyModel != result.Zipf || p.Skew != 1.2 || p.Keys != 40 {
			t.Errorf("%v: %d keys by %q with skew %v", p.Series, p.Keys, p.KeyModel, p.Skew)
		}
		if p.Concurrency == 0 && p.Protocol != "powerstore" && !p.Disturbed() {
			t.Errorf("%v: no two of %d operations met on a key", p.Series, p.Ops)
		}
	}
}
