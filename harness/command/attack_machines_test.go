package command

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/attack"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
)

// Attacks that need processes and disks are played on machines, however few there are; what needs links says that it was skipped.
// Writers that die leave a journal on their machine, from which the history is whole.
func TestAttackOnMachines(t *testing.T) {
	h, tmp := hosts(t, 2, 2)
	results := t.TempDir()
	var out bytes.Buffer
	o := attack.Options{
		T: 1, Quick: true, Seed: 1, Protocols: []protocols.Protocol{mpowerstore.Protocol{}},
		Options: study.Options{
			Results: results, Scratch: filepath.Join(results, ".scratch"), Progress: &out, Machines: &h, Shell: neighbours{tmp: tmp},
		},
	}
	for _, id := range []string{result.FaultFree, "B5", "W1", "N1", "N3", "F1"} {
		a, err := attack.ByID(id)
		if err != nil {
			t.Fatal(err)
		}
		o.Attacks = append(o.Attacks, a)
	}
	dir, err := attack.Run(t.Context(), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range set.Trials {
		links := trial.Attack == "N1" || trial.Attack == "N3"
		if !trial.Held || links != strings.Contains(trial.Skipped, "links of a cluster's machines") {
			t.Errorf("%s: %s, skipped: %q, %s", trial.Attack, trial.Summary(), trial.Skipped, trial.Detail)
		}
		if !links && trial.Linearizable.Code != result.Linearizable {
			t.Errorf("%s: %v", trial.Attack, trial.Linearizable)
		}
	}
	if len(set.Trials) != len(o.Attacks) {
		t.Errorf("%d trials of %d attacks", len(set.Trials), len(o.Attacks))
	}
	if l := left(tmp); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
}
