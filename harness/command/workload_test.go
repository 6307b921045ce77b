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

const mixedConfig = `value: [4KiB, {distribution: weights, sizes: [80% 1KiB, 20% 16KiB]}]
mix: 70% read
clients: [4]
concurrency: 20%
protocols: [mabd, mpowerstore, powerstore]
repetitions: 1
attempts: 1
phases: {warmup: 50ms, measure: 300ms}
testbed: {topology: loopback}
`

// READs and WRITEs in one run, also of values whose sizes are drawn, and where a key has one writer: each kind is counted
// apart, and bytes are within what the cost model says of a mix.
func TestMixedWorkload(t *testing.T) {
	for _, p := range measured(t, "mix", mixedConfig).Points {
		checkSound(t, p)
		if p.ReadOps == nil || p.WriteOps == nil {
			t.Fatalf("%v: READs %v, WRITEs %v", p.Series, p.ReadOps, p.WriteOps)
		}
		reads, writes := p.ReadOps.LoadOps, p.WriteOps.LoadOps
		if reads == 0 || writes == 0 || reads+writes != p.LoadOps || p.ReadOps.Ops+p.WriteOps.Ops != p.Ops {
			t.Errorf("%v: %d READs and %d WRITEs of %d operations", p.Series, reads, writes, p.LoadOps)
		}
		if drawn := p.Sizes.Asked(); drawn != (p.MeanBytes > 0) || drawn && (p.MeanBytes < 1024 || p.MeanBytes > 16384) {
			t.Errorf("%v: values of %v bytes on average", p.Series, p.MeanBytes)
		}
	}
}

const capacityConfig = `value: [1KiB]
operations: [write]
protocols: [mpowerstore]
attack: [none, B1]
arrival: {clients: 6}
objective: {p50: 5s, step: 50%}
concurrency: 50%
repetitions: 1
attempts: 1
phases: {warmup: 50ms, measure: 200ms, longest: 1s}
testbed: {topology: loopback}
`

// A rate is searched for without attack and with a silent server, and then measured; every try is kept.
func TestCapacity(t *testing.T) {
	set := measured(t, "sought", capacityConfig)
	if len(set.Manifest.Capacities) != 2 || len(set.Points) != 2 {
		t.Fatalf("%d searches, %d points", len(set.Manifest.Capacities), len(set.Points))
	}
	for _, p := range set.Points {
		i := slices.IndexFunc(set.Manifest.Capacities, func(c result.Capacity) bool { return c.Series == p.Series })
		if i < 0 || p.Linearizable.Code != result.Linearizable || p.Errors > 0 || p.Objective == nil {
			t.Fatalf("%v: verdict %v, %d errors, objective %v", p.Series, p.Linearizable, p.Errors, p.Objective)
		}
		c := set.Manifest.Capacities[i]
		kept := slices.DeleteFunc(slices.Clone(c.Tries), func(r result.RateTry) bool { return r.Rate != c.Rate || r.Answer != result.Kept })
		if c.Rate != p.Rate || len(kept) < 2 || kept[0].Operations < c.Objective.Least() {
			t.Errorf("%v at %v/s: found %v/s by %+v", p.Series, p.Rate, c.Rate, c.Tries)
		}
	}
}
