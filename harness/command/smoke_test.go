package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/plots/command"
)

const smokeConfig = "../../configs/smoke.yaml"

// TestSmoke runs the smoke experiment as a user would: all protocols, real processes, the shaped testbed.
func TestSmoke(t *testing.T) {
	results := t.TempDir()
	code, stdout, stderr := play(t, "run", "--results", results, smokeConfig)
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if !strings.Contains(stdout, "M-PoWerStore") {
		t.Errorf("no summary on standard output: %q", stdout)
	}
	set := readSet(t, results)
	if n := firstAttempts(set); n != 6 {
		t.Fatalf("points of %d runs, want 6: 3 protocols, READ and WRITE", n)
	}
	mode, err := netem.Available()
	if mode == netem.ModeLoopback {
		t.Logf("unshaped: %v", err)
	} else if len(set.Manifest.Testbed.Before) != 3 || len(set.Manifest.Testbed.After) != 3 {
		t.Errorf("links measured: %d before, %d after, want 3 each", len(set.Manifest.Testbed.Before), len(set.Manifest.Testbed.After))
	}
	for _, p := range set.Points {
		t.Run(p.Protocol+"/"+p.Op, func(t *testing.T) { checkSmokePoint(t, set, p, mode != netem.ModeLoopback) })
	}
	assertNothingLeft(t, results)
}

func checkSmokePoint(t *testing.T, set *result.Set, p result.Point, shaped bool) {
	if p.Linearizable.Code != result.Linearizable || p.Errors > 0 || p.Ops == 0 || p.Shaped != shaped {
		t.Errorf("verdict %v, %d errors, %d operations, shaped %v", p.Linearizable, p.Errors, p.Ops, p.Shaped)
	}
	for _, reason := range strings.Split(p.InvalidReason, "; ") {
		if strings.Contains(reason, "cost model") { // other reasons may come from a busy machine
			t.Error(reason)
		}
	}
	want := map[string]string{
		"powerstore/read": "2", "powerstore/write": "2", "mpowerstore/read": "2", "mpowerstore/write": "3",
		"mabd/read": "2", "mabd/write": "2", "phalanx/read": "2", "phalanx/write": "2",
	}[p.Protocol+"/"+p.Op]
	if p.Rounds[want] != p.Ops {
		t.Errorf("rounds %v, want %s for each of %d operations", p.Rounds, want, p.Ops)
	}
	code, stdout, stderr := run(t, "check", filepath.Join(set.Dir, result.HistoryDir, p.History))
	if code != command.Done || !strings.Contains(stdout, ": ok (") {
		t.Errorf("check: exit code %d, output %q, error %q", code, stdout, stderr)
	}
}

// TestWANSmoke runs the smallest experiment with delays as a user would: natively, or in a guest.
func TestWANSmoke(t *testing.T) {
	if err := netem.CanDelay(); err != nil {
		if _, err := guest.Find(); err != nil {
			t.Skipf("skipped: %s: no NetEm: %v", t.Name(), err)
		}
	}
	results := t.TempDir()
	code, _, stderr := play(t, "run", "--results", results, "../../configs/wan-smoke.yaml")
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	set, err := result.Read(filepath.Join(results, "wan-smoke", result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	tb := set.Manifest.Testbed
	if firstAttempts(set) != 6 || len(tb.DelaysBefore) != 5 || len(tb.DelaysAfter) != 5 || len(tb.Delays) != 1 || tb.Offload {
		t.Errorf("points of %d runs, delays %+v", firstAttempts(set), tb)
	}
	for _, p := range set.Points {
		if p.Linearizable.Code != result.Linearizable || p.Errors > 0 || p.Probe == nil || p.Probe.Samples == 0 {
			t.Errorf("%s %s: verdict %v, %d errors, probe %+v", p.Protocol, p.Op, p.Linearizable, p.Errors, p.Probe)
		}
		if p.LatencyMs.Mean < 2*2*17 { // two rounds of two delays of at least 17 ms
			t.Errorf("%s %s takes %.1f ms: are its packets delayed?", p.Protocol, p.Op, p.LatencyMs.Mean)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(results, ".scratch", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func readSet(t *testing.T, results string) *result.Set {
	t.Helper()
	set, err := result.Read(filepath.Join(results, "smoke", result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// assertNothingLeft fails if databases, or the logs of processes that had nothing to complain about, are left.
func assertNothingLeft(t *testing.T, results string) {
	t.Helper()
	for _, pattern := range []string{".scratch/*", "smoke/latest/logs/*"} {
		left, err := filepath.Glob(filepath.Join(results, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range left {
			content, _ := os.ReadFile(f)
			t.Errorf("left behind: %s %s", f, content)
		}
	}
}
