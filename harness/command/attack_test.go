package command

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study/attack"
	"github.com/powbench/powbench/plots/command"
)

// TestAttack attacks as a user would: what M-ABD is not built for is caught, a server that is killed does no harm.
func TestAttack(t *testing.T) {
	results := t.TempDir()
	code, stdout, stderr := play(t, "attack", "--quick", "--protocol", "mabd", "--attack", "B3,F1", "--results", results)
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	const last = "[3/3] mabd F1 (kill-and-restart): withstood"
	if !strings.Contains(stdout, "harm, as expected") || !strings.Contains(stderr, last) {
		t.Errorf("standard output %q, error %q", stdout, stderr)
	}
	tables, err := os.ReadFile(filepath.Join(results, attack.Name, result.LatestLink, result.FigureDir, "summary.md"))
	if err != nil || !strings.Contains(string(tables), "B3 bogus-candidate") {
		t.Errorf("the tables lack the attack: %v\n%s", err, tables)
	}
	set, err := result.Read(filepath.Join(results, attack.Name, result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]string{}
	for _, trial := range set.Trials {
		outcomes[trial.Attack] = trial.Summary()
		checkTrial(t, set, trial)
	}
	if len(outcomes) != 3 || outcomes["none"] != "withstood" || !strings.HasPrefix(outcomes["B3"], "caught: phantom value") {
		t.Errorf("outcomes %v", outcomes)
	}
	for _, pattern := range []string{".scratch/*", "attack/latest/histories/*.tmp", "attack/latest/histories/*.gz.*"} {
		if left, _ := filepath.Glob(filepath.Join(results, pattern)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// Over TLS, which says who may write, a reader that writes does no harm, and writers that lie do what they do without it.
func TestAttackOverTLS(t *testing.T) {
	results := t.TempDir()
	code, _, stderr := play(t, "attack", "--quick", "--protocol", "mpowerstore", "--attack", "R2,Z1,Z5", "--auth", "tls", "--results", results)
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	set, err := result.Read(filepath.Join(results, attack.Name, result.LatestLink))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]result.Outcome{}
	for _, trial := range set.Trials {
		outcomes[trial.Attack] = trial.Outcome()
	}
	want := map[string]result.Outcome{"none": result.Withstood, "R2": result.Withstood, "Z1": result.Caught, "Z5": result.Withstood}
	if !maps.Equal(outcomes, want) {
		t.Errorf("outcomes %v, want %v: %s", outcomes, want, stderr)
	}
}

// checkTrial checks a trial's numbers against each other and its history against the verdict.
func checkTrial(t *testing.T, set *result.Set, trial result.Trial) {
	t.Helper()
	var ended int64
	for _, b := range trial.Timeline {
		ended += b.Read.Ops + b.Write.Ops
	}
	if ended == 0 || ended > trial.Ops.Reads+trial.Ops.Writes || len(trial.Timeline) < 10 || trial.LongestGapMs <= 0 {
		t.Errorf("%s: %d operations in %d buckets, %+v", trial.Attack, ended, len(trial.Timeline), trial.Ops)
	}
	if want := map[string]int{"none": 0, "B3": 0, "F1": 6}[trial.Attack]; len(trial.Events) != want {
		t.Errorf("%s: events %v, want %d", trial.Attack, trial.Events, want)
	}
	entries, err := history.Read(filepath.Join(set.Dir, result.HistoryDir, trial.History))
	if err != nil {
		t.Fatal(err)
	}
	if got := history.Check(entries).Code; got != trial.Linearizable.Code || got == result.Unknown {
		t.Errorf("%s: the history is %s, the trial says %s", trial.Attack, got, trial.Linearizable.Code)
	}
}
